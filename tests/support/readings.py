"""Readings as a client would post them."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx


def a_reading(sensor_id: str, value: object = 21.5, **fields: Any) -> dict[str, Any]:
    """A valid temperature reading of now, with an id of its own."""
    return {
        "reading_id": str(uuid4()),
        "sensor_id": sensor_id,
        "sensor_type": "temperature",
        "location": "Tangier-Centre",
        "value": value,
        "unit": "Celsius",
        "timestamp": datetime.now(UTC).isoformat(),
        "battery_level": 90.0,
    } | fields


async def post_values(http: httpx.AsyncClient, ingest_api: str, sensor_id: str, *values: float, **fields: Any) -> None:
    """Post a reading of each value, all accepted."""
    readings = [a_reading(sensor_id, value, **fields) for value in values]
    answer = await http.post(f"{ingest_api}/v1/readings", json=readings)
    assert answer.status_code == 202, answer.text


def a_sensor(name: str) -> str:
    """A sensor id that no other test uses."""
    return f"{name}_{uuid4().hex[:8]}".upper()
