from datetime import UTC, datetime

import msgspec
import pytest

from iot_contracts.readings import Reading
from simulator.load.requests import Requests
from simulator.runtime import build_measurements
from simulator.settings import Settings


@pytest.mark.parametrize("batch", [1, 30])
def test_every_request_is_complete_and_its_ids_are_its_own(batch: int) -> None:
    measurements = build_measurements(Settings(sensor_count=40), reproducible_ids=True)
    measurements.begin(datetime.now(UTC))
    headers = {"Authorization": "Bearer key"}
    requests = Requests(measurements, "http://me:secret@127.0.0.1:8001", batch, templates=3, headers=headers)
    ids = set()
    for _ in range(7):
        head, body = requests.next(1_772_366_400.25).split(b"\r\n\r\n")
        assert b"\r\nAuthorization: Bearer key" in head
        assert b"\r\nHost: 127.0.0.1:8001\r\n" in head
        assert f"Content-Length: {len(body)}".encode() in head
        for reading in msgspec.json.decode(body if batch > 1 else b"[%b]" % body, type=list[Reading]):
            assert reading.timestamp == datetime(2026, 3, 1, 12, 0, 0, 250_000, UTC)
            assert reading.reading_id.version == 7
            ids.add(reading.reading_id)
    assert len(ids) == 7 * batch
