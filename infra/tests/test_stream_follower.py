"""What iotctl watch asks for, prints and remembers of the stream."""

import json
from typing import Any

import pytest

from iotctl.stream_follower import Follower, Line, StreamRefusedError

READING = {
    "reading_id": "019ca8f5-2c00-7a2b-8c3d-0123456789ab",
    "sensor_id": "SENSOR_001",
    "sensor_type": "temperature",
    "location": "Tangier-Centre",
    "value": 21.5,
    "unit": "Celsius",
    "timestamp": "2026-03-01T12:00:00Z",
}
ANOMALY = {**READING, "anomaly_score": 0.934, "anomaly_reason": "too hot", "kafka_partition": 0, "kafka_offset": 1}
ALERT = {
    "event_time": "2026-03-01T12:00:00Z",
    "severity": "high",
    "state": "opened",
    "sensor_id": "SENSOR_001",
    "location": "Tangier-Port",
    "rule_id": "abnormal-value",
    "message": "too hot",
}
WINDOW = {
    "window_start": "2026-03-01T12:00:00Z",
    "window_end": "2026-03-01T12:01:00Z",
    "sensor_type": "temperature",
    "location": "Tangier-Centre",
    "count": 30,
    "avg": 21.456,
    "min": 20.0,
    "max": 23.5,
    "anomaly_count": 1,
}


def follower(topic: str = "readings", *, as_json: bool = False) -> Follower:
    return Follower(topic, {}, snapshot=True, as_json=as_json)


def said(one: Follower, **frame: Any) -> list[Line]:
    return list(one.lines(json.dumps(frame).encode()))


@pytest.mark.parametrize(
    ("topic", "message", "line"),
    [
        (
            "readings",
            READING | {"battery_level": 87.5},
            "2026-03-01T12:00:00Z  SENSOR_001  temperature 21.5 Celsius  Tangier-Centre  battery 87.5 %",
        ),
        (
            "anomalies",
            ANOMALY,
            "2026-03-01T12:00:00Z  SENSOR_001  temperature 21.5 Celsius  Tangier-Centre  score 0.93: too hot",
        ),
        (
            "alerts",
            ALERT,
            "2026-03-01T12:00:00Z  HIGH opened  SENSOR_001  Tangier-Port  abnormal-value: too hot",
        ),
        (
            "windows",
            WINDOW,
            "2026-03-01T12:00:00Z to 2026-03-01T12:01:00Z  temperature  Tangier-Centre  "
            "n 30  avg 21.46  min 20  max 23.5  anomalies 1",
        ),
        ("health", {"stage": "kafka", "health": "not_ready", "reason": "no broker"}, "kafka  not_ready  no broker"),
        ("health", {"stage": "kafka", "health": "ready", "reason": None}, "kafka  ready"),
    ],
)
def test_a_message_is_one_line(topic: str, message: dict[str, Any], line: str) -> None:
    assert said(follower(topic), type=topic, sequence=1, data=[message]) == [Line(line)]
    assert said(follower(topic, as_json=True), type=topic, sequence=1, data=[message]) == [Line(json.dumps(message))]


def test_no_sender_writes_to_the_terminal() -> None:
    (line,) = said(follower(), type="readings", sequence=1, data=[READING | {"location": "\x1b[31mred\nline"}])
    assert line.text.isprintable()


def test_the_next_connection_goes_on_where_the_last_one_was() -> None:
    one = follower()
    assert "resume" not in json.loads(one.request())
    said(one, type="subscribed", topic="readings", filter={}, epoch="e", sequence=3)
    said(one, type="readings", sequence=7, data=[READING])
    assert json.loads(one.request())["resume"] == {"epoch": "e", "sequence": 7}
    said(one, type="heartbeat", epoch="e", sequences={"readings": 9, "alerts": 1}, server_time="")
    assert json.loads(one.request())["resume"] == {"epoch": "e", "sequence": 9}


def test_what_is_missing_is_a_notice() -> None:
    one = follower()
    (gap,) = said(one, type="gap", topic="readings", skipped=4, reason="slow_client")
    assert gap == Line("4 readings left out (slow_client)", is_notice=True)
    subscribed = {"type": "subscribed", "topic": "readings", "filter": {}, "epoch": "e", "sequence": 3}
    (lost,) = said(one, **subscribed, recovered=False, reason="epoch_changed")
    (whole,) = said(one, **subscribed, recovered=True)
    assert "is not known (epoch_changed)" in lost.text
    assert "nothing was missed" in whole.text
    assert lost.is_notice
    assert whole.is_notice


def test_the_services_advice_when_to_come_back_is_kept_until_it_was_followed() -> None:
    one = follower()
    said(one, type="closing", reason="too_many_connections", retry_after_ms=2500)
    assert one.retry_after_s == 2.5
    said(one, type="subscribed", topic="readings", filter={}, epoch="e", sequence=3)
    assert one.retry_after_s is None


def test_a_filter_that_is_refused_is_an_error() -> None:
    with pytest.raises(StreamRefusedError, match="no such severity"):
        said(follower(), type="error", code="invalid_request", message="no such severity")
