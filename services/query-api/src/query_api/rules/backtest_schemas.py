"""What `/v1/rules/backtest` takes and answers."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from iot_contracts.alerts import Severity
from iot_contracts.sensors import Sensor
from iot_domain.alerting.episodes import Episode
from query_api.database.json_bodies import json_content
from query_api.rules.schemas import RuleBody

MAX_ALERTS: Final = 1000


class BacktestBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule, and the event times to run it over; without them the seven days up to now."""

    rule: RuleBody
    from_: Annotated[datetime, Meta(tz=True, description="Inclusive.")] | None = msgspec.field(
        name="from", default=None
    )
    to: Annotated[datetime, Meta(tz=True, description="Exclusive.")] | None = None
    sensors: Annotated[
        tuple[Sensor, ...],
        Meta(max_length=1000, description="Take these for what is registered, for example with other thresholds."),
    ] = ()


class BacktestAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it would have been at the end."""

    sensor_id: str
    sensor_type: str
    location: str
    severity: Severity
    opened_at: datetime
    cleared_at: Annotated[datetime | None, Meta(description="Null while it would still be open.")]
    count: Annotated[int, Meta(description="Readings that met the condition, as the alert's last step says.")]
    value: float
    peak: Annotated[float, Meta(description="The worst, as the alert's last step says.")]
    limit: float | None
    unit: str
    message: str


class BacktestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """When the rule would have alerted."""

    from_: datetime = msgspec.field(name="from")
    to: datetime
    readings: Annotated[int, Meta(description="Readings of the table that the rule was run over.")]
    opened: Annotated[int, Meta(description="Alerts that would have been opened.")]
    sensors: Annotated[int, Meta(description="Sensors that would have had at least one.")]
    alerts: Annotated[list[BacktestAlert], Meta(description=f"The newest {MAX_ALERTS}, newest first.")]
    took_s: float


def alert_of(episode: Episode) -> BacktestAlert:
    """An alert as it is answered."""
    opened = episode.opened
    return BacktestAlert(
        sensor_id=opened.sensor_id,
        sensor_type=opened.sensor_type,
        location=opened.location,
        severity=opened.severity,
        opened_at=opened.opened_at,
        cleared_at=episode.cleared_at,
        count=episode.count,
        value=opened.value,
        peak=episode.peak,
        limit=opened.limit,
        unit=opened.unit,
        message=opened.message,
    )


BACKTEST_BODY: Final = {"requestBody": {"required": True, "content": json_content(BacktestBody)}}
BACKTEST_ANSWER: Final[dict[str, Any]] = {
    "description": "When it would have alerted",
    "content": json_content(BacktestAnswer),
}
