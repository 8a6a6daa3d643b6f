"""Requests of Kafka's protocol that no Python client offers completely: encoding and decoding. Pure.

The versions suit brokers from 2.8 (topic ids) to 4.x. https://kafka.apache.org/protocol
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

LATEST, EARLIEST = -1, -2
"""As a time in `encode_list_offsets`: the end of the log, and its start."""
_METADATA, _LIST_OFFSETS, _LEADER_EPOCH = (3, 10), (2, 5), (23, 3)
_CLIENT_ID = b"service-kit"
_NO_EPOCH = -1
_CONSUMER = -1
_UNCOMMITTED_TOO = 0


class WireError(Exception):
    """The broker answered with an error, or not as the protocol says."""


@dataclass(frozen=True)
class TopicMetadata:
    """A topic's identity, and which broker (host, port) leads each of its partitions."""

    topic_id: UUID
    leaders: Mapping[int, tuple[str, int]]


@dataclass(frozen=True)
class OffsetAt:
    """An offset and the leader's epoch that belongs to it; offset -1: no message is that recent."""

    offset: int
    leader_epoch: int


def encode_metadata(topic: str) -> bytes:
    """Ask for one topic; it is not created when it does not exist."""
    name = topic.encode()
    topics = _varint(2) + bytes(16) + _varint(len(name) + 1) + name + _NO_TAGS
    return _request(_METADATA, topics + b"\0\0\0" + _NO_TAGS, flexible=True)


def decode_metadata(answer: bytes) -> TopicMetadata | None:
    """The one topic of an answer to `encode_metadata`; None when there is no such topic.

    Raises WireError, also while a partition has no leader, as for a moment after each start of its broker: a
    partition that is unknown now may still exist.
    """
    reader = _Reader(answer)
    reader.skip_tags()
    reader.int32()
    brokers = {}
    for _ in range(reader.compact_length()):
        number, host, port = reader.int32(), reader.compact_text(), reader.int32()
        reader.compact_text()
        reader.skip_tags()
        brokers[number] = (host, port)
    reader.compact_text()
    reader.int32()
    if reader.compact_length() != 1:
        raise WireError("the broker did not answer for one topic")
    error = reader.int16()
    reader.compact_text()
    topic_id = UUID(bytes=reader.read(16))
    reader.read(1)
    leaders = dict(_metadata_partition(reader) for _ in range(reader.compact_length()))
    if error == _UNKNOWN_TOPIC:
        return None
    _raise_for(error)
    for partition, leader in leaders.items():
        if leader not in brokers:
            raise WireError(f"partition {partition} has no leader now")
    return TopicMetadata(topic_id, {partition: brokers[leader] for partition, leader in leaders.items()})


def encode_list_offsets(topic: str, partitions: Iterable[int], time_ms: int) -> bytes:
    """Ask for the first offset at or after a time of the log (ms), `EARLIEST` or `LATEST`, in each partition."""
    asked = [struct.pack(">iiq", partition, _NO_EPOCH, time_ms) for partition in partitions]
    return _request(_LIST_OFFSETS, struct.pack(">ib", _CONSUMER, _UNCOMMITTED_TOO) + _one_topic(topic, asked))


def decode_list_offsets(answer: bytes) -> dict[int, OffsetAt]:
    """Per partition what was asked for by `encode_list_offsets`. Raises WireError."""
    found = {}
    for reader in _partitions(answer):
        partition, error = reader.int32(), reader.int16()
        _raise_for(error)
        reader.int64()
        found[partition] = OffsetAt(reader.int64(), reader.int32())
    return found


def encode_epoch_ends(topic: str, epochs: Mapping[int, int]) -> bytes:
    """Ask for the end offset of an epoch in each partition (or of the newest epoch before it)."""
    asked = [struct.pack(">iii", partition, _NO_EPOCH, epoch) for partition, epoch in epochs.items()]
    return _request(_LEADER_EPOCH, struct.pack(">i", _CONSUMER) + _one_topic(topic, asked))


def decode_epoch_ends(answer: bytes) -> dict[int, int]:
    """Per partition the offset after the last message of the epoch; -1: unknown. Raises WireError."""
    found = {}
    for reader in _partitions(answer):
        error, partition = reader.int16(), reader.int32()
        _raise_for(error)
        reader.int32()
        found[partition] = reader.int64()
    return found


_NO_TAGS = b"\0"
_UNKNOWN_TOPIC = 3


def _request(api: tuple[int, int], body: bytes, *, flexible: bool = False) -> bytes:
    head = struct.pack(">hhih", *api, 0, len(_CLIENT_ID)) + _CLIENT_ID + (_NO_TAGS if flexible else b"")
    return struct.pack(">i", len(head) + len(body)) + head + body


def _one_topic(topic: str, partitions: list[bytes]) -> bytes:
    name = topic.encode()
    return struct.pack(">ih", 1, len(name)) + name + struct.pack(">i", len(partitions)) + b"".join(partitions)


def _partitions(answer: bytes) -> Iterable["_Reader"]:
    """The reader of an answer, once a partition of its topics, standing at that partition."""
    reader = _Reader(answer)
    reader.int32()
    for _ in range(reader.int32()):
        reader.read(reader.int16())
        for _ in range(reader.int32()):
            yield reader


def _metadata_partition(reader: "_Reader") -> tuple[int, int]:
    reader.int16()
    partition, leader = reader.int32(), reader.int32()
    reader.int32()
    for _ in range(3):  # replicas, those in sync, those that are offline
        reader.read(4 * reader.compact_length())
    reader.skip_tags()
    return partition, leader


def _raise_for(error: int) -> None:
    if error:
        raise WireError(f"the broker answered with error {error} (kafka.apache.org/protocol#protocol_error_codes)")


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(encoded) + bytes([number])


class _Reader:
    """Reads an answer from its beginning; past its correlation id. Raises WireError at its end."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._at = 4

    def read(self, size: int) -> bytes:
        data = self._answer[self._at : self._at + size]
        if len(data) != size:
            raise WireError("the broker's answer ends early")
        self._at += size
        return data

    def int16(self) -> int:
        return int.from_bytes(self.read(2), signed=True)

    def int32(self) -> int:
        return int.from_bytes(self.read(4), signed=True)

    def int64(self) -> int:
        return int.from_bytes(self.read(8), signed=True)

    def varint(self) -> int:
        number = shift = 0
        while (byte := self.read(1)[0]) & 0x80:
            number |= (byte & 0x7F) << shift
            shift += 7
        return number | byte << shift

    def compact_length(self) -> int:
        """Of an array or a text; 0 also for none."""
        return max(0, self.varint() - 1)

    def compact_text(self) -> str:
        return self.read(self.compact_length()).decode(errors="replace")

    def skip_tags(self) -> None:
        for _ in range(self.varint()):
            self.varint()
            self.read(self.varint())
