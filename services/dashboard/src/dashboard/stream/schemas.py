"""What `/v1/events` is asked."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from iot_contracts.alerts import Severity
from iot_contracts.readings import MAX_NAME_LENGTH
from iot_contracts.stream_requests import MAX_FILTER_VALUES, StreamFilter, StreamPosition, StreamTopic, Subscribe

Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_LENGTH)]
Names = Annotated[list[Name], Field(max_length=MAX_FILTER_VALUES)]


class EventsParameters(BaseModel):
    """Topics and a filter; a parameter with several values is given several times."""

    model_config = ConfigDict(extra="ignore")

    topic: Annotated[list[StreamTopic], Field(min_length=1, max_length=len(StreamTopic), examples=[["alerts"]])]
    sensor_id: Names = Field(default=[], description="Only of these sensors.")
    sensor_type: Names = Field(default=[], description="Only of these types.")
    location: Names = Field(default=[], description="Only of these locations.")
    severity: Annotated[list[Severity], Field(max_length=len(Severity))] = Field(
        default=[], description="Only of these severities, which only alerts have."
    )
    snapshot: bool = Field(default=True, description="False: only what comes.")

    def to_requests(self, positions: Mapping[StreamTopic, StreamPosition]) -> Iterator[Subscribe]:
        """The subscriptions that are asked for, going on from the positions."""
        given = self.model_dump(include={"sensor_id", "sensor_type", "location", "severity"})
        wanted = StreamFilter(**{field: tuple(values) for field, values in given.items()})
        for topic in dict.fromkeys(self.topic):
            yield Subscribe(topic=topic, filter=wanted, resume=positions.get(topic), snapshot=self.snapshot)
