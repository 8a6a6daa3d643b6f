"""What waits for one client: in order while it keeps up, bounded, the latest per sensor when it does not. Pure."""

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dashboard.live.conflation import LatestByKey
from dashboard.stream.topic_log import Entry
from iot_contracts.stream_frames import Gap, GapReason
from iot_contracts.stream_requests import StreamTopic

# Of a slow client's waiting messages with the same key, the latest is kept. Alerts have none: every one is sent.
_KEYS: dict[StreamTopic, Callable[[Any], Hashable]] = {
    StreamTopic.READINGS: lambda reading: reading.sensor_id,
    StreamTopic.ANOMALIES: lambda anomaly: anomaly.sensor_id,
    StreamTopic.WINDOWS: lambda window: (window.sensor_type, window.location),
    StreamTopic.HEALTH: lambda stage: stage.stage,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """A text message for clients. Frames of messages are shared by all whose filters match the same ones."""

    text: str
    positions: Mapping[StreamTopic, int] = field(default_factory=dict)
    """How far a client is in each topic once it has this frame."""
    entries: tuple[Entry, ...] = ()
    """What it holds, when it can be made smaller."""

    @classmethod
    def of_entries(cls, topic: StreamTopic, entries: Iterable[Entry], sequence: int) -> "Frame":
        """Messages that just came."""
        entries = tuple(entries)
        return cls(data_text(topic, sequence, (entry.text for entry in entries)), {topic: sequence}, entries)

    @classmethod
    def of(cls, message: msgspec.Struct, positions: Mapping[StreamTopic, int] | None = None) -> "Frame":
        """Any other message."""
        return cls(msgspec.json.encode(message).decode(), positions or {})


def data_text(topic: StreamTopic, sequence: int, texts: Iterable[str], *, snapshot: bool = False) -> str:
    """The JSON of messages that are JSON already."""
    kind = ',"snapshot":true' if snapshot else ""
    return f'{{"type":"{topic.value}","sequence":{sequence}{kind},"data":[{",".join(texts)}]}}'


class Outbox:
    """Frames in their order. Beyond `max_messages` that wait, they are conflated, and gaps say how many are left out.

    Answers are neither counted nor left out: their number is bounded by who asks, see `answers`.
    """

    def __init__(self, *, max_messages: int, max_keys: int) -> None:
        self._max_messages = max_messages
        self._max_keys = max_keys
        self._frames: deque[tuple[Frame, StreamTopic | None]] = deque()
        self._messages = 0
        self._alerts = 0
        self._latest: dict[StreamTopic, LatestByKey[Hashable, Entry]] = {}
        self._gaps: Counter[tuple[StreamTopic, GapReason]] = Counter()
        self._reached: dict[StreamTopic, int] = {}
        self.answers = 0
        """How many answers wait."""

    @property
    def overflows(self) -> bool:
        """Whether more alerts wait than may: none may be left out, so the client is to be disconnected."""
        return self._alerts > self._max_messages

    def put_answer(self, frame: Frame) -> None:
        """Queue what a client has asked for."""
        self._frames.append((frame, None))
        self.answers += 1

    def put_heartbeat(self, frame: Frame) -> None:
        """Queue a heartbeat, unless something waits: a client that is behind must not be told that it has all."""
        if not self._frames and not self._latest:
            self.put_answer(frame)

    def put_gap(self, topic: StreamTopic, reason: GapReason, skipped: int) -> None:
        """Say, once nothing else waits, that messages are missing for everybody."""
        self._gaps[topic, reason] += skipped

    def put_messages(self, topic: StreamTopic, frame: Frame) -> None:
        """Queue messages of a topic, or conflate what waits with them."""
        if topic in _KEYS:
            if self._latest or (self._messages and self._messages + len(frame.entries) > self._max_messages):
                self._conflate_waiting()
                self._conflate(topic, frame)
                return
            self._messages += len(frame.entries)
        else:
            self._alerts += len(frame.entries)
        self._frames.append((frame, topic))

    def discard(self, topic: StreamTopic) -> None:
        """Drop the messages of a topic that wait: its subscription has ended or starts anew."""
        waiting = list(self._frames)
        self._frames.clear()
        self._latest.pop(topic, None)
        for gap in [gap for gap in self._gaps if gap[0] is topic]:
            del self._gaps[gap]
        self._reached.pop(topic, None)
        for frame, of in waiting:
            if of is topic:
                self._forget(frame, of)
            else:
                self._frames.append((frame, of))

    def pop(self) -> Frame | None:
        """The next frame to send, if there is one."""
        if not self._frames:
            self._release()
        if not self._frames:
            return None
        frame, topic = self._frames.popleft()
        self._forget(frame, topic)
        return frame

    def _forget(self, frame: Frame, topic: StreamTopic | None) -> None:
        if topic is None:
            self.answers -= 1
        elif topic in _KEYS:
            self._messages -= len(frame.entries)
        else:
            self._alerts -= len(frame.entries)

    def _conflate_waiting(self) -> None:
        waiting = list(self._frames)
        self._frames.clear()
        for frame, topic in waiting:
            if topic in _KEYS:
                self._conflate(topic, frame)
            else:
                self._frames.append((frame, topic))
        self._messages = 0

    def _conflate(self, topic: StreamTopic, frame: Frame) -> None:
        latest = self._latest.setdefault(topic, LatestByKey(self._max_keys))
        for entry in frame.entries:
            if replaced := latest.put(_KEYS[topic](entry.message), entry):
                self._gaps[topic, "slow_client"] += replaced
        self._reached[topic] = frame.positions[topic]

    def _release(self) -> None:
        """Queue what was conflated, after how much is left out."""
        for (topic, reason), skipped in self._gaps.items():
            self.put_answer(Frame.of(Gap(topic=topic, skipped=skipped, reason=reason)))
        for topic, latest in self._latest.items():
            frame = Frame.of_entries(topic, latest.values(), self._reached[topic])
            self._frames.append((frame, topic))
            self._messages += len(frame.entries)
        self._latest.clear()
        self._gaps.clear()
        self._reached.clear()
