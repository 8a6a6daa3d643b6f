"""The parameters that are passed on to query-api."""

from typing import Annotated, Literal

from fastapi import Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from dashboard.orders import Order
from iot_contracts.readings import MAX_NAME_LENGTH, NAME_PATTERN
from service_kit.problems import InvalidRequestError

MAX_READINGS = 2000

Name = Annotated[str, StringConstraints(max_length=MAX_NAME_LENGTH, pattern=NAME_PATTERN)]
GroupBy = Annotated[
    str,
    StringConstraints(pattern=r"^(sensor_type|location|sensor_id)(,(sensor_type|location|sensor_id)){0,2}$"),
]

RelativeTime = Annotated[str, StringConstraints(pattern=r"^now(-[0-9]{1,6}[smhd])?$")]
Interval = Literal["auto", "1s", "10s", "30s", "1m", "5m", "10m", "30m", "1h", "3h", "6h", "12h", "1d"]
AnalysisName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
AlertStatus = Literal["open", "acknowledged", "snoozed", "cleared", "resolved"]
When = AwareDatetime | RelativeTime
AlertId = Annotated[str, StringConstraints(max_length=300, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]*$")]


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    def to_query(self) -> dict[str, str]:
        """As query parameters, without those that were not given."""
        return {
            name: str(value) for name, value in self.model_dump(mode="json", by_alias=True, exclude_none=True).items()
        }


class LocationsParameters(_Parameters):
    """Parameters of `/api/locations`."""

    from_: When | None = Field(None, alias="from", description="Event time, inclusive.")
    to: When | None = Field(None, description="Event time, exclusive.")


class _TimeRange(LocationsParameters):
    sensor_id: Name | None = Field(None, description="Only this sensor.", examples=["SENSOR_001"])


class StatsParameters(_TimeRange):
    """Parameters of `/api/stats`."""

    group_by: GroupBy = Field("sensor_type", description="Keys of the rows, separated by commas.")


class ReadingsParameters(_TimeRange):
    """Parameters of `/api/readings`."""

    sensor_id: Name = Field(description="Sensor of the readings.", examples=["SENSOR_001"])
    limit: int = Field(200, ge=1, le=MAX_READINGS, description="Maximum number of readings.")


class TimeseriesParameters(_TimeRange):
    """Parameters of `/api/timeseries`."""

    sensor_type: Name | None = Field(None, description="Only sensors of this type.")
    location: Name | None = Field(None, description="Only sensors at this location.")
    interval: Interval = Field("auto", description="Length of a point.")
    points: int = Field(300, ge=1, le=2000, description="Points per series that `auto` aims at.")
    group_by: Literal["sensor_type", "location", "sensor_id"] | None = Field(None, description="One series for each.")


class LatestParameters(_Parameters):
    """Parameters of `/api/latest`."""

    sensor_id: Name | None = Field(None, description="Only this sensor.", examples=["SENSOR_001"])


class AnomaliesParameters(_TimeRange):
    """Parameters of `/api/anomalies`."""

    limit: int = Field(200, ge=1, le=MAX_READINGS, description="Maximum number of readings.")


class AnalysisParameters(LocationsParameters):
    """Parameters of `/api/analyses/{name}`."""

    limit: int = Field(1000, ge=1, le=MAX_READINGS, description="Maximum number of rows.")


class AlertsParameters(_Parameters):
    """Parameters of `/api/alerts`."""

    status: AlertStatus | None = Field(None, description="Only alerts in this state.")
    severity: Literal["high", "medium", "low"] | None = Field(None, description="Only alerts of this severity.")
    sensor_id: Name | None = Field(None, description="Only alerts of this sensor.")
    limit: int = Field(50, ge=1, le=200, description="Maximum number of alerts.")
    page_token: Annotated[str, StringConstraints(max_length=500)] | None = Field(None, description="The next page.")


class PatchParameters(_Parameters):
    """Parameters of a change of `/api/sensors/{sensor_id}`."""

    unchanged_since: AwareDatetime | None = Field(
        None, description="Refuse the change when people changed the sensor after this time."
    )


class Thresholds(BaseModel):
    """A sensor's own thresholds; null: as its type has it. Nothing else of a sensor is changed by the page."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    low: float | None = Field(description="Lowest normal value.", examples=[2.0])
    high: float | None = Field(description="Highest normal value.", examples=[8.0])

    def to_body(self) -> bytes:
        """As the body of a PATCH to query-api."""
        return self.model_dump_json().encode()


async def read_thresholds(order: Order) -> Thresholds:
    """The thresholds in a body. Raises InvalidRequestError, and what `read_order` raises."""
    try:
        return Thresholds.model_validate_json(order)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}" for one in error.errors())
        raise InvalidRequestError(f"body: {wrong}"[:500]) from error


ThresholdsOrder = Annotated[Thresholds, Depends(read_thresholds)]
THRESHOLDS_BODY = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": Thresholds.model_json_schema()}}}
}
