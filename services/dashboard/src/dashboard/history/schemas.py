"""The parameters that are passed on to query-api."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from iot_contracts.readings import MAX_NAME_LENGTH, NAME_PATTERN

MAX_READINGS = 1000

Name = Annotated[str, StringConstraints(max_length=MAX_NAME_LENGTH, pattern=NAME_PATTERN)]
GroupBy = Annotated[
    str,
    StringConstraints(pattern=r"^(sensor_type|location|sensor_id)(,(sensor_type|location|sensor_id)){0,2}$"),
]


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    def to_query(self) -> dict[str, str]:
        """As query parameters, without those that were not given."""
        return {
            name: str(value) for name, value in self.model_dump(mode="json", by_alias=True, exclude_none=True).items()
        }


class _TimeRange(_Parameters):
    from_: AwareDatetime | None = Field(None, alias="from", description="Event time, inclusive.")
    to: AwareDatetime | None = Field(None, description="Event time, exclusive.")
    sensor_id: Name | None = Field(None, description="Only this sensor.", examples=["SENSOR_001"])


class StatsParameters(_TimeRange):
    """Parameters of `/api/stats`."""

    group_by: GroupBy = Field("sensor_type", description="Keys of the rows, separated by commas.")


class ReadingsParameters(_TimeRange):
    """Parameters of `/api/readings`."""

    sensor_id: Name = Field(description="Sensor of the readings.", examples=["SENSOR_001"])
    limit: int = Field(200, ge=1, le=MAX_READINGS, description="Maximum number of readings.")
