"""What the dashboard's tests share: readings, alerts and windows by the contract."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from iot_contracts.alerts import Alert, AlertKind, Severity
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
def alert(reading: Callable[..., Reading]) -> Callable[..., Alert]:
    def make(number: int, sensor_id: str = "SENSOR_001", kind: AlertKind = AlertKind.ANOMALY) -> Alert:
        of = reading(number, sensor_id)
        return Alert(
            alert_id=f"{sensor_id}:{of.reading_id}:{kind}",
            kind=kind,
            severity=Severity.HIGH,
            sensor_id=sensor_id,
            sensor_type=of.sensor_type,
            location=of.location,
            reading_id=of.reading_id,
            value=of.value,
            unit=of.unit,
            message="too hot",
            event_time=of.timestamp,
            raised_at=of.timestamp,
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
