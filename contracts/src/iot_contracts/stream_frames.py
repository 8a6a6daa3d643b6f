"""What the dashboard's `/v1/stream` and `/v1/events` send: JSON text messages, told apart by `type`.

Messages of a topic have the topic's name as their type.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from iot_contracts.alerts import AlertTransition
from iot_contracts.anomalies import Anomaly
from iot_contracts.readings import Reading
from iot_contracts.stream_requests import StreamFilter, StreamTopic
from iot_contracts.window_stats import WindowStats

Epoch = Annotated[str, Meta(description="Changes when the service starts; sequences of two epochs don't compare.")]
Sequence = Annotated[
    int,
    Meta(
        ge=0,
        description="Number of the topic's newest message up to which this client was sent everything that it asked "
        "for. With a filter there are steps of more than one.",
    ),
]
GapReason = Literal["slow_client", "service_behind", "unreadable"]
LostReason = Literal["epoch_changed", "too_old", "unknown_sequence"]
CloseReason = Literal["too_many_connections", "too_slow", "shutting_down"]
IsSnapshot = Annotated[bool, Meta(description="This is the state, which replaces what was known.")]


class ReadingsData(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="readings"):
    """Readings, those of a sensor in their order. The snapshot has the latest of every sensor."""

    sequence: Sequence
    snapshot: IsSnapshot = False
    data: list[Reading]


class AnomaliesData(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="anomalies"):
    """Readings that detection found anomalous. The snapshot has the newest."""

    sequence: Sequence
    snapshot: IsSnapshot = False
    data: list[Anomaly]


class AlertsData(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="alerts"):
    """Steps of alerts, every one. The snapshot has the newest step of each alert that is open or was cleared lately."""

    sequence: Sequence
    snapshot: IsSnapshot = False
    data: list[AlertTransition]


class WindowsData(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="windows"):
    """Window statistics. The snapshot has the newest window of each sensor type and location."""

    sequence: Sequence
    snapshot: IsSnapshot = False
    data: list[WindowStats]


class StageHealth(Struct, frozen=True, kw_only=True):
    """How one stage of the pipeline is."""

    stage: Annotated[str, Meta(examples=["stream-processor"])]
    health: Annotated[Literal["ready", "not_ready", "no_answer", "absent"], Meta(description="As in /v1/pipeline.")]
    reason: Annotated[str | None, Meta(description="What is wrong, in the stage's own words.")]


class HealthData(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="health"):
    """Stages whose health changed. The snapshot has all that have been asked so far."""

    sequence: Sequence
    snapshot: IsSnapshot = False
    data: list[StageHealth]


class Subscribed(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="subscribed"):
    """Answer to `subscribe`: from `sequence` on, this client is sent what matches."""

    topic: StreamTopic
    filter: StreamFilter
    epoch: Epoch
    sequence: Sequence
    recovered: Annotated[
        bool | None,
        Meta(description="Only after `resume`. True: everything missed follows. False: `reason` says what is lost."),
    ] = None
    reason: Annotated[
        LostReason | None,
        Meta(description="Why what was missed is not known; nothing of it is sent."),
    ] = None


class Unsubscribed(Struct, frozen=True, kw_only=True, tag="unsubscribed"):
    """Answer to `unsubscribe`."""

    topic: StreamTopic


class Gap(Struct, frozen=True, kw_only=True, tag="gap"):
    """Messages of a topic that this client is not sent. Alerts never get lost this way."""

    topic: StreamTopic
    skipped: Annotated[int, Meta(ge=1, description="How many.")]
    reason: Annotated[
        GapReason,
        Meta(
            description="`slow_client`: the latest of each sensor follows, earlier ones were left out. "
            "`service_behind`: the service skipped them, for all filters. `unreadable`: they match no contract."
        ),
    ]


class Heartbeat(Struct, frozen=True, kw_only=True, tag="heartbeat"):
    """Sent at an interval: the connection is alive, and everything up to `sequences` was sent. Resume from there."""

    epoch: Epoch
    sequences: Annotated[dict[str, int], Meta(description="The newest sequence of every topic.")]
    server_time: Annotated[datetime, Meta(tz=True)]


class Pong(Struct, frozen=True, kw_only=True, tag="pong"):
    """Answer to `ping`."""

    id: str


class StreamError(Struct, frozen=True, kw_only=True, tag="error"):
    """A request that was not understood; the connection stays open and its subscriptions as they were."""

    code: Literal["invalid_json", "invalid_request", "binary_message", "not_subscribed"]
    message: Annotated[str, Meta(description="What is wrong and how to say it right.")]


class Closing(Struct, frozen=True, kw_only=True, tag="closing"):
    """The last message before the service closes the connection."""

    reason: CloseReason
    retry_after_ms: Annotated[
        int, Meta(ge=0, description="Wait so long before the next connection; it differs between clients.")
    ]


StreamData = ReadingsData | AnomaliesData | AlertsData | WindowsData | HealthData
StreamFrame = StreamData | Subscribed | Unsubscribed | Gap | Heartbeat | Pong | StreamError | Closing
