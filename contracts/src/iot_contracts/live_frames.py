"""Frames of the dashboard's WebSocket `/ws/live`: each is one JSON text message, distinguished by `type`."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from iot_contracts.alerts import AlertTransition
from iot_contracts.anomalies import Anomaly
from iot_contracts.readings import Reading
from iot_contracts.window_stats import WindowStats


class SnapshotFrame(Struct, frozen=True, kw_only=True, tag="snapshot"):
    """First frame of a connection: the latest reading of every sensor, recent readings, anomalies and windows, and of
    each alert that is open or was cleared lately the newest transition."""

    readings: list[Reading]
    alerts: list[AlertTransition]
    anomalies: list[Anomaly] = []
    windows: list[WindowStats]
    server_time: Annotated[datetime, Meta(tz=True)]


class ReadingsFrame(Struct, frozen=True, kw_only=True, tag="readings"):
    """Readings since the last frame, in the order of their partitions."""

    readings: list[Reading]


class AlertsFrame(Struct, frozen=True, kw_only=True, tag="alerts"):
    """Transitions of alerts since the last frame; of each alert at least the newest."""

    alerts: list[AlertTransition]


class AnomaliesFrame(Struct, frozen=True, kw_only=True, tag="anomalies"):
    """Readings that were found anomalous, since the last frame."""

    anomalies: list[Anomaly]


class WindowsFrame(Struct, frozen=True, kw_only=True, tag="windows"):
    """Window statistics since the last frame, the newest of each key."""

    windows: list[WindowStats]


class GapFrame(Struct, frozen=True, kw_only=True, tag="gap"):
    """The client was too slow: this many readings were replaced by newer ones of their sensor."""

    conflated: Annotated[int, Meta(ge=1)]


class LeftOutFrame(Struct, frozen=True, kw_only=True, tag="left_out"):
    """This many messages did not match the contract and are in no frame."""

    messages: Annotated[int, Meta(ge=1)]


LiveFrame = SnapshotFrame | ReadingsFrame | AlertsFrame | AnomaliesFrame | WindowsFrame | GapFrame | LeftOutFrame
