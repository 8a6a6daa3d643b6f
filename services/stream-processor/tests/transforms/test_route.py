"""What leaves for Kafka: every message is one of its topic, by the contract's own decoder."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from pyspark.sql import DataFrame

from iot_contracts.alerts import Alert, AlertKind, Severity
from iot_contracts.dead_letters import MAX_PAYLOAD_BYTES, DeadLetter, DeadLetterReason
from iot_contracts.topics import TOPICS
from stream_processor.transforms.route import anomaly_alerts, battery_alerts, dead_letters

PAYLOADS = {topic.name: topic.payload for topic in TOPICS}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STRANGE = {"detected_anomaly": True, "anomaly_score": 0.7, "anomaly_reason": "80.0 Celsius is above", "value": 80.0}
Processed = Callable[..., DataFrame]


def invalid(payload: bytes | None, **changes: Any) -> dict[str, Any]:
    row = dict.fromkeys(("reading_id", "sensor_id", "sensor_type", "location", "value", "unit", "event_timestamp"))
    reason = {"dead_letter_reason": "not_json", "dead_letter_detail": "the message is not one JSON object in UTF-8"}
    return row | reason | {"payload": None if payload is None else bytearray(payload)} | changes


def decoded(messages: DataFrame) -> list[tuple[str, Any]]:
    """Key and message of each row, decoded as its topic has it."""
    return [(row["key"], msgspec.json.decode(row["value"], type=PAYLOADS[row["topic"]])) for row in messages.collect()]


def test_an_anomaly_is_an_alert_with_all_that_the_reading_says(processed: Processed) -> None:
    event_time = NOON - timedelta(microseconds=1)
    frame = processed({}, STRANGE | {"event_timestamp": event_time, "location": 'Tanger – "Médina"'})
    ((key, alert),) = decoded(anomaly_alerts(frame))
    assert key == "SENSOR_001"
    assert alert == Alert(
        alert_id=f"SENSOR_001:{UUID(int=1)}:anomaly",
        kind=AlertKind.ANOMALY,
        severity=Severity.HIGH,
        sensor_id="SENSOR_001",
        sensor_type="temperature",
        location='Tanger – "Médina"',
        reading_id=UUID(int=1),
        value=80.0,
        unit="Celsius",
        message="80.0 Celsius is above",
        event_time=event_time,
        raised_at=NOON,
    )


@pytest.mark.parametrize("value", [1.7976931348623157e308, -5e-324, 7e-06, 1e16])
def test_any_finite_value_goes_through_exactly(processed: Processed, value: float) -> None:
    ((_, alert),) = decoded(anomaly_alerts(processed(STRANGE | {"value": value})))
    assert alert.value == value


def test_of_a_sensors_low_batteries_the_latest_is_an_alert(processed: Processed) -> None:
    later, earlier = {"event_timestamp": NOON}, {"event_timestamp": NOON - timedelta(seconds=2)}
    frame = processed(
        later | {"battery_level": 12.34},
        earlier | {"battery_level": 29.0},
        later | {"sensor_id": "SENSOR_002", "battery_level": 29.99},
        later | {"sensor_id": "SENSOR_003", "battery_level": 30.0},
        later | {"sensor_id": "SENSOR_004", "battery_level": None},
    )
    sensor_ids = [f"SENSOR_00{number}" for number in (1, 2, 3, 4)]
    alerts = sorted(decoded(battery_alerts(frame, sensor_ids)))
    assert [(key, alert.value, alert.unit, alert.severity, alert.alert_id) for key, alert in alerts] == [
        ("SENSOR_001", 12.34, "%", Severity.HIGH, f"SENSOR_001:{UUID(int=0)}:battery_low"),
        ("SENSOR_002", 29.99, "%", Severity.HIGH, f"SENSOR_002:{UUID(int=2)}:battery_low"),
    ]
    assert alerts[0][1].message == "battery of SENSOR_001 at 12.3 %, below 30 %"


def test_a_dead_letter_has_the_message_byte_for_byte_and_its_place(processed: Processed) -> None:
    # Longer than a line of MIME's Base64, with bytes that are no text.
    payload = bytes(range(256)) * 2
    frame = processed({}, invalid(payload, kafka_partition=2), invalid(None))
    (key, letter), (empty_key, empty) = decoded(dead_letters(frame))
    assert (key, empty_key) == ("iot-sensors:2:1", "iot-sensors:0:2")
    assert letter == DeadLetter(
        reason=DeadLetterReason.NOT_JSON,
        detail="the message is not one JSON object in UTF-8",
        payload=payload,
        source_topic="iot-sensors",
        source_partition=2,
        source_offset=1,
        failed_at=NOON,
    )
    assert empty.payload == b""


def test_one_reading_id_of_two_sensors_is_two_alerts(processed: Processed) -> None:
    shared = STRANGE | {"reading_id": str(UUID(int=7))}
    alerts = decoded(anomaly_alerts(processed(shared, shared | {"sensor_id": "SENSOR_002"})))
    assert len({alert.alert_id for _, alert in alerts}) == 2


def test_a_dead_letter_of_a_message_as_long_as_kafka_takes_still_fits_a_message(processed: Processed) -> None:
    payload = b"x" * 1_048_000
    (row,) = dead_letters(processed(invalid(payload))).collect()
    assert len(row["value"]) < 1_000_000
    letter = msgspec.json.decode(row["value"], type=DeadLetter)
    assert letter.payload == payload[:MAX_PAYLOAD_BYTES]
    assert letter.detail.endswith(f"the first {MAX_PAYLOAD_BYTES} of 1048000 bytes; all are at the source")


def test_only_the_asked_sensors_batteries_are_told(processed: Processed) -> None:
    frame = processed({"battery_level": 5.0}, {"sensor_id": "SENSOR_002", "battery_level": 5.0})
    assert [key for key, _ in decoded(battery_alerts(frame, ["SENSOR_002"]))] == ["SENSOR_002"]
