"""Posts readings of one sensor, and waits until they are counted."""

import httpx

from service_kit.testing import wait_until
from support.questions import NotAnsweredError, stats_of
from support.readings import a_reading
from support.stack import Stack

READINGS = 500


async def post_readings(stack: Stack, http: httpx.AsyncClient, sensor_id: str) -> None:
    """Post READINGS readings of a sensor, all accepted."""
    answer = await http.post(
        f"{stack.url('ingest-api')}/v1/readings", json=[a_reading(sensor_id) for _ in range(READINGS)]
    )
    assert answer.status_code == 202, answer.text


async def wait_for_count(
    stack: Stack,
    http: httpx.AsyncClient,
    sensor_id: str,
    wanted: int,
    source: str = "all",
    *,
    or_one_more: bool = False,
) -> None:
    """Wait until query-api counts exactly so many; one more where a sender may not have seen its last answer."""
    right = (wanted, wanted + 1) if or_one_more else (wanted,)

    async def counted() -> bool:
        try:
            return bool((await stats_of(http, stack.url("query-api"), sensor_id, source=source))["count"] in right)
        except NotAnsweredError:
            return False

    await wait_until(counted, deadline_s=60, otherwise=f"{source} does not hold {wanted} readings")
