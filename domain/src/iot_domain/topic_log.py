"""Whether the offsets that a table remembers are of the topic that is there. Pure.

A topic that was deleted and made anew starts at offset 0 again, and a log that lost its end (a power cut, a restored
copy) gives its offsets a second time. Taken for the old ones, new messages would count as stored already.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from iot_contracts.tables import FilledFrom

Offsets = Mapping[int, int]


class Log(Protocol):
    """A topic's log as it is now; mappings are by partition."""

    @property
    def topic_id(self) -> str:
        """Kafka's own id of the topic."""

    @property
    def ends(self) -> Offsets:
        """The offset of the next message."""

    @property
    def epochs(self) -> Offsets:
        """The leader's epoch now; -1: the log has none yet."""

    @property
    def epoch_ends(self) -> Offsets:
        """The offset after the last message of the epoch that the table remembers; -1: nothing is known of it."""


def encode_filled_from(log: Log, begins: Offsets | None = None) -> str:
    """The snapshot property that remembers this log, and where it took over from another one."""
    return msgspec.json.encode(FilledFrom(log.topic_id, dict(log.epochs), dict(begins or {}))).decode()


def decode_filled_from(text: str | None) -> FilledFrom | None:
    """The inverse of `encode_filled_from`; None for a snapshot without it. Raises msgspec.ValidationError."""
    return None if text is None else msgspec.json.decode(text, type=FilledFrom)


def disagreement(topic: str, offsets: Offsets, filled_from: FilledFrom | None, log: Log) -> str | None:
    """Say why `offsets` of a table are not of this log, or None. Without a remembered topic the ends alone decide."""
    if filled_from is not None and filled_from.topic_id != log.topic_id:
        return f"{topic} was made anew: its id is {log.topic_id}, the table was filled from {filled_from.topic_id}"
    for partition, offset in sorted(offsets.items()):
        end = log.ends.get(partition)
        if end is None:
            return f"{topic} has no partition {partition}, of which the table holds {offset} messages"
        if end < offset:
            return f"{topic} was cut: partition {partition} ends at offset {end}, the table holds it up to {offset}"
    return None if filled_from is None else _newer_log(topic, offsets, filled_from, log)


def _newer_log(topic: str, offsets: Offsets, filled_from: FilledFrom, log: Log) -> str | None:
    """A log that was cut and has grown past the offsets since is known by its epochs."""
    for partition, epoch in sorted(filled_from.leader_epochs.items()):
        if 0 <= log.epochs.get(partition, epoch) < epoch:
            return (
                f"{topic} is an older copy: partition {partition} is at epoch {log.epochs[partition]}, was at {epoch}"
            )
        reached = log.epoch_ends.get(partition, -1)
        if 0 <= reached < offsets.get(partition, 0):
            return (
                f"{topic} was cut at offset {reached} of partition {partition} and written anew from there; "
                f"the table holds it up to {offsets[partition]}"
            )
    return None
