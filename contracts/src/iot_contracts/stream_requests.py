"""What a client of the dashboard's WebSocket `/v1/stream` sends: JSON text messages, told apart by `type`."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from iot_contracts.alerts import Severity
from iot_contracts.readings import Location, SensorId, SensorTypeName

MAX_FILTER_VALUES = 100

_SEVERAL = Meta(max_length=MAX_FILTER_VALUES)


class StreamTopic(StrEnum):
    """What can be subscribed to."""

    READINGS = "readings"
    ANOMALIES = "anomalies"
    ALERTS = "alerts"
    WINDOWS = "windows"
    HEALTH = "health"


class StreamFilter(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Only messages that match every field given; of a field with several values, one of them; [] is any.

    A message without a field that is filtered by can't match: windows have no sensor_id, and only alerts a severity.
    """

    sensor_id: Annotated[tuple[SensorId, ...], _SEVERAL] = ()
    sensor_type: Annotated[tuple[SensorTypeName, ...], _SEVERAL] = ()
    location: Annotated[tuple[Location, ...], _SEVERAL] = ()
    severity: Annotated[tuple[Severity, ...], _SEVERAL] = ()


class StreamPosition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a client has come in a topic before its connection broke."""

    epoch: Annotated[str, Meta(max_length=64, description="As `subscribed` said it.")]
    sequence: Annotated[int, Meta(ge=0, description="The highest of the topic that it was sent.")]


class Subscribe(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag="subscribe"):
    """Start a topic, or go on with another filter: a connection has at most one subscription of each topic.

    `subscribed` answers, then the state as a first message with `snapshot`, then what comes. With `resume` what was
    missed follows instead of the snapshot, all of it; when that is not possible, `subscribed` says why.
    """

    topic: StreamTopic
    filter: StreamFilter = StreamFilter()
    resume: StreamPosition | None = None
    snapshot: Annotated[bool, Meta(description="False: only what comes.")] = True


class Unsubscribe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="unsubscribe"):
    """End a topic; `unsubscribed` answers, and nothing of the topic comes after it."""

    topic: StreamTopic


class Ping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="ping"):
    """Ask for a `pong`."""

    id: Annotated[str, Meta(max_length=64, description="Comes back in the pong.")] = ""


StreamRequest = Subscribe | Unsubscribe | Ping
