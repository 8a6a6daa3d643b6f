"""Fan-out: updates the state with what arrives from Kafka and offers one encoded frame to every connection."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from dashboard.errors import TooManyConnectionsError
from dashboard.live.connection import Connection, Send
from dashboard.live.encoding import EncodedFrame
from dashboard.live.state import LiveState
from dashboard.metrics import Metrics
from iot_contracts.alerts import AlertTransition
from iot_contracts.anomalies import Anomaly
from iot_contracts.live_frames import (
    AlertsFrame,
    AnomaliesFrame,
    GapFrame,
    LeftOutFrame,
    LiveFrame,
    ReadingsFrame,
    WindowsFrame,
)
from iot_contracts.readings import Reading
from iot_contracts.stream_frames import GapReason
from iot_contracts.stream_requests import StreamTopic
from iot_contracts.topics import IOT_ALERTS, IOT_ANOMALIES, IOT_SENSORS, IOT_WINDOW_STATS
from iot_contracts.window_stats import WindowStats

_STREAM_TOPICS = {
    IOT_SENSORS.name: StreamTopic.READINGS,
    IOT_ALERTS.name: StreamTopic.ALERTS,
    IOT_ANOMALIES.name: StreamTopic.ANOMALIES,
    IOT_WINDOW_STATS.name: StreamTopic.WINDOWS,
}


class Listener(Protocol):
    """Who else is told what is published: every message once, in order."""

    def publish(self, topic: StreamTopic, messages: Sequence[msgspec.Struct]) -> None:
        """Messages that were not published before."""

    def publish_gap(self, topic: StreamTopic, reason: GapReason, skipped: int) -> None:
        """So many messages of the topic are missing."""


class Hub:
    """All open connections and the state they share. Runs in one event loop and never waits."""

    def __init__(
        self,
        state: LiveState,
        metrics: Metrics,
        listener: Listener,
        *,
        max_connections: int,
        max_pending_readings: int,
        max_keys: int,
        send_timeout_s: float,
    ) -> None:
        self._state = state
        self._metrics = metrics
        self._listener = listener
        self._connections: set[Connection] = set()
        self._max_connections = max_connections
        self._max_pending_readings = max_pending_readings
        self._max_keys = max_keys
        self._send_timeout_s = send_timeout_s

    @contextmanager
    def connection(self, send: Send) -> Iterator[Connection]:
        """A connection whose first frame is the snapshot; it misses nothing published after that.

        Raises TooManyConnectionsError when no more are allowed.
        """
        if len(self._connections) >= self._max_connections:
            raise TooManyConnectionsError(
                f"{self._max_connections} live connections are open, the maximum; try again later"
            )
        connection = Connection(
            send,
            self._metrics,
            max_pending_items=self._max_pending_readings,
            max_keys=self._max_keys,
            send_timeout_s=self._send_timeout_s,
        )
        connection.offer(EncodedFrame.of(self._state.snapshot(datetime.now(UTC))))
        self._connections.add(connection)
        self._metrics.connections.set(len(self._connections))
        try:
            yield connection
        finally:
            self._connections.discard(connection)
            self._metrics.connections.set(len(self._connections))

    def publish_readings(self, readings: list[Reading]) -> None:
        """Publish the readings that were not published before."""
        new = self._state.add_readings(readings)
        self._count(IOT_SENSORS.name, readings, new)
        if new:
            self._broadcast(ReadingsFrame(readings=new))
            self._listener.publish(StreamTopic.READINGS, new)

    def publish_alerts(self, alerts: list[AlertTransition]) -> None:
        """Publish the transitions of alerts that were not published before."""
        new = self._state.add_alerts(alerts)
        self._count(IOT_ALERTS.name, alerts, new)
        if new:
            self._broadcast(AlertsFrame(alerts=new))
            self._listener.publish(StreamTopic.ALERTS, new)

    def publish_anomalies(self, anomalies: list[Anomaly]) -> None:
        """Publish the anomalous readings that were not published before."""
        new = self._state.add_anomalies(anomalies)
        self._count(IOT_ANOMALIES.name, anomalies, new)
        if new:
            self._broadcast(AnomaliesFrame(anomalies=new))
            self._listener.publish(StreamTopic.ANOMALIES, new)

    def publish_windows(self, windows: list[WindowStats]) -> None:
        """Publish the newest state of these windows."""
        if windows:
            newest = self._state.add_windows(windows)
            self._broadcast(WindowsFrame(windows=newest))
            self._listener.publish(StreamTopic.WINDOWS, newest)

    def publish_gap(self, topic: str, skipped: int) -> None:
        """Publish that the service itself skipped so many messages of Kafka's `topic`."""
        if topic == IOT_SENSORS.name:
            self._metrics.skipped.inc(skipped)
            self._broadcast(GapFrame(conflated=skipped))
        self._listener.publish_gap(_STREAM_TOPICS[topic], "service_behind", skipped)

    def publish_left_out(self, topic: str, messages: int) -> None:
        """Publish how many messages of Kafka's `topic` could not be read."""
        self._broadcast(LeftOutFrame(messages=messages))
        self._listener.publish_gap(_STREAM_TOPICS[topic], "unreadable", messages)

    def _count(self, topic: str, received: Sequence[object], new: Sequence[object]) -> None:
        if len(new) < len(received):
            self._metrics.repeated.labels(topic).inc(len(received) - len(new))

    def _broadcast(self, frame: LiveFrame) -> None:
        if not self._connections:
            return
        encoded = EncodedFrame.of(frame)
        for connection in self._connections:
            connection.offer(encoded)
