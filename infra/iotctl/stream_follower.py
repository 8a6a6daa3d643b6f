"""What following a topic of `/v1/stream` asks for, remembers and prints. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from iotctl.kafka_tools.messages import printable

Message = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A line of output; a notice is for people, not part of the data."""

    text: str
    is_notice: bool = False


@dataclass
class Follower:
    """One subscription over any number of connections: it goes on where the one before ended."""

    topic: str
    filter: dict[str, list[str]]
    snapshot: bool
    as_json: bool
    retry_after_s: float | None = None
    """What the service advised when it closed the connection."""
    _position: Message | None = field(default=None, init=False)

    def request(self) -> str:
        """Return what to send first on a connection."""
        wanted = {"type": "subscribe", "topic": self.topic, "filter": self.filter, "snapshot": self.snapshot}
        return json.dumps(wanted | ({"resume": self._position} if self._position else {}))

    def lines(self, text: bytes) -> Iterator[Line]:
        """Yield what a message of the service says, and remember how far it leads. Raises StreamRefusedError."""
        frame: Message = json.loads(text)
        match frame["type"]:
            case self.topic:
                self._reach(frame["sequence"])
                for message in frame["data"]:
                    yield Line(json.dumps(message) if self.as_json else printable(LINES[self.topic](message)))
            case "subscribed":
                self.retry_after_s = None
                self._position = {"epoch": frame["epoch"], "sequence": frame["sequence"]}
                yield from _recovery(frame)
            case "heartbeat":
                self._reach(frame["sequences"][self.topic])
            case "gap":
                yield Line(f"{frame['skipped']} {self.topic} left out ({frame['reason']})", is_notice=True)
            case "closing":
                self.retry_after_s = frame["retry_after_ms"] / 1000
                yield Line(f"the service ends the connection ({frame['reason']})", is_notice=True)
            case "error":
                raise StreamRefusedError(frame["message"])

    def _reach(self, sequence: int) -> None:
        if self._position is not None:
            self._position["sequence"] = sequence


class StreamRefusedError(Exception):
    """The service does not understand what is asked; asking again would not help."""


def _recovery(subscribed: Message) -> Iterator[Line]:
    match subscribed.get("recovered"):
        case True:
            yield Line("connected again; nothing was missed", is_notice=True)
        case False:
            why = f"connected again; what came meanwhile is not known ({subscribed['reason']})"
            yield Line(f"{why}; the state follows", is_notice=True)


def reading_line(reading: Message) -> str:
    """Return a reading on one line."""
    battery = f"  battery {reading['battery_level']:g} %" if reading.get("battery_level") is not None else ""
    return (
        f"{reading['timestamp']}  {reading['sensor_id']}  {reading['sensor_type']} "
        f"{reading['value']:g} {reading['unit']}  {reading['location']}{battery}"
    )


def anomaly_line(anomaly: Message) -> str:
    """Return an anomalous reading on one line."""
    return f"{reading_line(anomaly)}  score {anomaly['anomaly_score']:.2f}: {anomaly['anomaly_reason']}"


def alert_line(alert: Message) -> str:
    """Return a step of an alert on one line."""
    return (
        f"{alert['event_time']}  {alert['severity'].upper()} {alert['state']}  {alert['sensor_id']}  "
        f"{alert['location']}  {alert['rule_id']}: {alert['message']}"
    )


def window_line(window: Message) -> str:
    """Return the statistics of a window on one line."""
    return (
        f"{window['window_start']} to {window['window_end']}  {window['sensor_type']}  {window['location']}  "
        f"n {window['count']}  avg {window['avg']:.2f}  min {window['min']:g}  max {window['max']:g}  "
        f"anomalies {window['anomaly_count']}"
    )


def health_line(stage: Message) -> str:
    """Return the health of a stage on one line."""
    return f"{stage['stage']}  {stage['health']}" + (f"  {stage['reason']}" if stage["reason"] else "")


LINES: dict[str, Callable[[Message], str]] = {
    "readings": reading_line,
    "anomalies": anomaly_line,
    "alerts": alert_line,
    "windows": window_line,
    "health": health_line,
}
