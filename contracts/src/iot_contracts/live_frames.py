"""Frames of the dashboard's WebSocket `/ws/live`: each is one JSON text message, distinguished by `type`."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from iot_contracts.alerts import Alert
from iot_contracts.readings import Reading
from iot_contracts.window_stats import WindowStats


class SnapshotFrame(Struct, frozen=True, kw_only=True, tag="snapshot"):
    """First frame of a connection: the latest reading of every sensor and recent readings, alerts and windows."""

    readings: list[Reading]
    alerts: list[Alert]
    windows: list[WindowStats]
    server_time: Annotated[datetime, Meta(tz=True)]


class ReadingsFrame(Struct, frozen=True, kw_only=True, tag="readings"):
    """Readings since the last frame, in the order of their partitions."""

    readings: list[Reading]


class AlertsFrame(Struct, frozen=True, kw_only=True, tag="alerts"):
    """Alerts since the last frame."""

    alerts: list[Alert]


class WindowsFrame(Struct, frozen=True, kw_only=True, tag="windows"):
    """Window statistics since the last frame, the newest of each key."""

    windows: list[WindowStats]


class GapFrame(Struct, frozen=True, kw_only=True, tag="gap"):
    """The client was too slow: this many readings were replaced by newer ones of their sensor."""

    conflated: Annotated[int, Meta(ge=1)]


class LeftOutFrame(Struct, frozen=True, kw_only=True, tag="left_out"):
    """This many messages did not match the contract and are in no frame."""

    messages: Annotated[int, Meta(ge=1)]


LiveFrame = SnapshotFrame | ReadingsFrame | AlertsFrame | WindowsFrame | GapFrame | LeftOutFrame
