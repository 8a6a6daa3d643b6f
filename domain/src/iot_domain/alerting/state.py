"""What the state machine remembers of one Kafka partition, and its bytes."""

from typing import NamedTuple

import msgspec
from msgspec import Struct


class Seen(NamedTuple):
    """The newest reading of a series by event time, and which one the broker had last, and when. Times in µs.

    `reading_id` is the last one's: a series that is absent a second time after a late reading has another alert.
    """

    event_us: int
    append_us: int
    alive_us: int
    value: float
    repeats: int
    reading_id: str
    location: str


class Entry(Struct, kw_only=True, array_like=True):
    """One rule's alert about one series: pending, open, or recovered and still firing. Times in µs of event time."""

    reading_id: str
    location: str
    first_us: int
    last_us: int
    last_append_us: int
    count: int
    value: float
    peak: float
    excess: float
    limit: float | None
    score: float | None
    sequence: int = -1
    """Of the last transition; -1 while the alert is pending."""
    opened_us: int = 0
    noted_us: int = 0
    """Event time of the last transition."""
    recovered_us: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was opened; otherwise it is pending."""
        return self.sequence >= 0


class AlertState(Struct, frozen=True, kw_only=True):
    """One partition's state. `seen` has a row a series; `entries` only what is pending, open or still firing."""

    seen: dict[str, Seen] = {}
    entries: dict[str, dict[str, Entry]] = {}
    append_us: int = 0
    """The broker's append time of the last message, or of the last tick."""
    alive_us: int = 0
    """A clock that follows append times, but no gap longer than `absence.MAX_STEP_US`: then nothing was alive."""
    next_scan_us: int = 0
    """Before `alive_us` is here, no series can have become absent."""
    rules: str = ""
    """Fingerprint of the rules by which the entries were judged last."""
    late: int = 0
    """Readings that came late, or from the future, and would have changed a decision, since the beginning."""


_decoder = msgspec.msgpack.Decoder(AlertState)
_encoder = msgspec.msgpack.Encoder()


def encode(state: AlertState) -> bytes:
    """The state as bytes: MessagePack."""
    return _encoder.encode(state)


def decode(content: bytes) -> AlertState:
    """Read what `encode` made. Raises msgspec.DecodeError on anything else."""
    return _decoder.decode(content)
