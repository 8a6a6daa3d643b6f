"""The newest messages of a topic, numbered, each encoded once; what a client missed is read from here. Pure."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

_encoder = msgspec.json.Encoder()
MissedReason = Literal["too_old", "unknown_sequence"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A message with its number and its JSON. `time` is in seconds of a monotonic clock."""

    sequence: int
    time: float
    message: msgspec.Struct
    text: str


class TopicLog:
    """Messages of the last `max_age_s`, at most `max_entries`. The first message has number 1."""

    def __init__(self, *, max_entries: int, max_age_s: float) -> None:
        self._max_entries = max_entries
        self._max_age_s = max_age_s
        self._entries: deque[Entry] = deque()
        self._forgotten = 0
        """Every message with a higher number is kept."""
        self.sequence = 0
        """Number of the newest message."""

    def append(self, messages: Sequence[msgspec.Struct], now: float) -> list[Entry]:
        """Number, encode and keep the messages, and drop the oldest."""
        first = self.sequence + 1
        new = [Entry(number, now, message, encoded(message)) for number, message in enumerate(messages, first)]
        self._entries.extend(new)
        self.sequence += len(new)
        while self._entries and (
            len(self._entries) > self._max_entries or self._entries[0].time < now - self._max_age_s
        ):
            self._forgotten = self._entries.popleft().sequence
        return new

    def interrupt(self) -> None:
        """Messages are missing here: who has not got all up to now can't be told what was missed."""
        self._entries.clear()
        self.sequence += 1
        self._forgotten = self.sequence

    def since(self, sequence: int) -> list[Entry] | MissedReason:
        """Every message after `sequence`, or why they are not all known."""
        if sequence > self.sequence:
            return "unknown_sequence"
        if sequence < self._forgotten:
            return "too_old"
        missed = [entry for entry in reversed(self._entries) if entry.sequence > sequence]
        return missed[::-1]


def encoded(message: msgspec.Struct) -> str:
    """The message as JSON."""
    return _encoder.encode(message).decode()
