"""The questions that tests and benchmarks ask query-api."""

from typing import Any

import httpx


class NotAnsweredError(Exception):
    """The service is away or not ready; nothing was said about the data."""


async def stats_of(http: httpx.AsyncClient, query_api: str, sensor_id: str, *, source: str = "all") -> dict[str, Any]:
    """The total row of one sensor. Raises NotAnsweredError while query-api gives no answer."""
    try:
        answer = await http.get(f"{query_api}/v1/stats", params={"sensor_id": sensor_id, "source": source})
    except httpx.TransportError as error:
        raise NotAnsweredError(str(error)) from error
    if answer.status_code == 503:
        raise NotAnsweredError(answer.text)
    assert answer.status_code == 200, answer.text
    row: dict[str, Any] = answer.json()["rows"][0]
    return row
