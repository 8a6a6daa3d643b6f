"""What the audit makes of messages: as the contract judges them, and nothing that is strange ends it."""

import json
from uuid import UUID

import pytest

from audit.messages import identity_of
from audit.small_topics import alert_row, letter_row
from invariants.ledger import Ledger

ID = "019ca8f5-2c00-7a2b-8c3d-0123456789ab"
READING = {
    "reading_id": ID,
    "sensor_id": "SENSOR_001",
    "sensor_type": "temperature",
    "location": "here",
    "value": 1.5,
    "unit": "Celsius",
    "timestamp": "2026-03-01T12:00:00Z",
}


def test_a_reading_has_its_identity_however_its_id_is_written() -> None:
    for text in (ID, ID.upper(), ID.replace("-", "")):
        assert identity_of(json.dumps(READING | {"reading_id": text}).encode()) == ("SENSOR_001", UUID(ID).bytes)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        b"",
        b"\x00{not json",
        b"[" * 5_000 + b"]" * 5_000,
        b'{"x":' * 100_000,
        b"\xff\xfe",
        json.dumps({key: value for key, value in READING.items() if key != "value"}).encode(),
        json.dumps(READING | {"sensor_id": "\ud800"}).encode(),
        json.dumps(READING | {"timestamp": "2026-03-01T12:00:00"}).encode(),
    ],
)
def test_a_message_that_the_contract_refuses_has_none(payload: bytes | None) -> None:
    assert identity_of(payload) == (None, None)


def test_dead_letters_are_positions_of_iot_sensors() -> None:
    letter = {"source_topic": "iot-sensors", "source_partition": 2, "source_offset": 7, "payload": "eA=="}
    assert letter_row(json.dumps(letter).encode()) == (2, 7)
    assert letter_row(json.dumps(letter | {"source_topic": "other"}).encode()) is None


def test_alerts_name_their_reading() -> None:
    alert = {"alert_id": "a", "sensor_id": "S", "reading_id": ID, "kind": "anomaly"}
    assert alert_row(json.dumps(alert).encode()) == ("a", "S", UUID(ID).bytes)


def test_many_rows_are_added_at_once() -> None:
    ledger = Ledger()
    ledger.add("received", [(0, offset, 0, None, None) for offset in range(100_000)])
    assert ledger.number("SELECT count(*) FROM received") == 100_000
