"""What the dashboard's tests share: readings, alerts and windows by the contract."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from iot_contracts.alerts import AlertState, AlertTransition, RuleKind, Severity
from iot_contracts.anomalies import Anomaly
from iot_contracts.readings import Reading
from iot_contracts.window_stats import WindowStats

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def reading() -> Callable[..., Reading]:
    def make(number: int, sensor_id: str = "SENSOR_001", **changes: Any) -> Reading:
        fields: dict[str, Any] = {
            "reading_id": UUID(int=number),
            "sensor_id": sensor_id,
            "sensor_type": "temperature",
            "location": "Tangier-Centre",
            "value": float(number),
            "unit": "Celsius",
            "timestamp": START + timedelta(seconds=number),
        }
        return Reading(**{**fields, **changes})

    return make


@pytest.fixture
def alert(reading: Callable[..., Reading]) -> Callable[..., AlertTransition]:
    def make(number: int, sequence: int = 0, state: AlertState = AlertState.OPENED) -> AlertTransition:
        of = reading(number)
        return AlertTransition(
            alert_id=f"{number:032x}",
            sequence=sequence,
            state=state,
            rule_id="abnormal-value",
            rule_version=0,
            kind=RuleKind.THRESHOLD,
            severity=Severity.MEDIUM,
            sensor_id=of.sensor_id,
            sensor_type=of.sensor_type,
            location=of.location,
            unit=of.unit,
            opened_at=of.timestamp,
            event_time=of.timestamp + timedelta(seconds=sequence),
            last_seen=of.timestamp + timedelta(seconds=sequence),
            count=1 + sequence,
            value=of.value,
            peak=of.value,
            message="too hot",
            reading_id=of.reading_id,
            appended_at=of.timestamp,
        )

    return make


@pytest.fixture
def anomaly(reading: Callable[..., Reading]) -> Callable[..., Anomaly]:
    def make(number: int) -> Anomaly:
        of = reading(number)
        return Anomaly(
            reading_id=of.reading_id,
            sensor_id=of.sensor_id,
            sensor_type=of.sensor_type,
            location=of.location,
            value=of.value,
            unit=of.unit,
            timestamp=of.timestamp,
            anomaly_score=0.9,
            anomaly_reason="too hot",
            kafka_partition=0,
            kafka_offset=number,
        )

    return make


@pytest.fixture
def window() -> Callable[..., WindowStats]:
    def make(start_s: int, count: int = 1, location: str = "Tangier-Centre") -> WindowStats:
        start = START + timedelta(seconds=start_s)
        return WindowStats(
            window_start=start,
            window_end=start + timedelta(seconds=60),
            sensor_type="temperature",
            location=location,
            count=count,
            avg=1.0,
            min=1.0,
            max=1.0,
            anomaly_count=0,
        )

    return make
