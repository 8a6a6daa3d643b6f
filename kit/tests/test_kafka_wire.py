"""The requests' bytes, and that no answer raises anything but WireError. What a real broker says: tests/integration."""

import struct
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_kit import kafka_wire as wire

CORRELATION = struct.pack(">i", 0)


def test_a_request_says_its_length_kind_and_version() -> None:
    request = wire.encode_list_offsets("t", [0, 1], wire.LATEST)
    length, kind, version = struct.unpack(">ihh", request[:8])
    assert (length, kind, version) == (len(request) - 4, 2, 5)


def answer_of(*partitions: bytes) -> bytes:
    """An answer of the older kind: throttle time, one topic, its partitions."""
    return CORRELATION + struct.pack(">iih", 0, 1, 1) + b"t" + struct.pack(">i", len(partitions)) + b"".join(partitions)


def test_offsets_come_with_the_leader_s_epoch() -> None:
    answer = answer_of(struct.pack(">ihqqi", 0, 0, -1, 42, 7), struct.pack(">ihqqi", 1, 0, -1, -1, -1))
    assert wire.decode_list_offsets(answer) == {0: wire.OffsetAt(42, 7), 1: wire.OffsetAt(-1, -1)}


def test_where_an_epoch_ended() -> None:
    assert wire.decode_epoch_ends(answer_of(struct.pack(">hiiq", 0, 2, 3, 99))) == {2: 99}


def test_an_error_of_the_broker_is_said() -> None:
    with pytest.raises(wire.WireError, match="error 6"):
        wire.decode_list_offsets(answer_of(struct.pack(">ihqqi", 0, 6, -1, -1, -1)))


def metadata(error: int, leader: int = 1) -> bytes:
    broker = struct.pack(">i", 1) + b"\x0a127.0.0.1" + struct.pack(">i", 9092) + b"\0\0"
    partition = (
        struct.pack(">hiii", 0 if leader == 1 else 5, 0, leader, 5) + (b"\x02" + struct.pack(">i", 1)) * 2 + b"\x01\0"
    )
    topic = (
        struct.pack(">h", error) + b"\x02t" + UUID(int=9).bytes + b"\0\x02" + partition + struct.pack(">i", 0) + b"\0"
    )
    return (
        CORRELATION + b"\0" + struct.pack(">i", 0) + b"\x02" + broker + b"\0" + struct.pack(">i", 1) + b"\x02" + topic
    )


def test_a_topic_has_an_id_and_a_leader_for_each_partition() -> None:
    assert wire.decode_metadata(metadata(0)) == wire.TopicMetadata(UUID(int=9), {0: ("127.0.0.1", 9092)})


def test_a_partition_that_has_no_leader_yet_is_not_taken_for_one_that_is_not_there() -> None:
    """A broker answers so for a moment each time it starts again."""
    with pytest.raises(wire.WireError, match="partition 0 has no leader"):
        wire.decode_metadata(metadata(0, leader=-1))


def test_a_topic_that_is_not_there_is_none() -> None:
    assert wire.decode_metadata(metadata(3)) is None


@pytest.mark.parametrize("decode", [wire.decode_metadata, wire.decode_list_offsets, wire.decode_epoch_ends])
@given(answer=st.binary(max_size=200))
def test_an_answer_that_makes_no_sense_raises_nothing_else(decode: Callable[[bytes], object], answer: bytes) -> None:
    with suppress(wire.WireError):
        decode(CORRELATION + answer)


@given(cut=st.integers(0, 80))  # behind it stands nothing that is read
def test_an_answer_that_ends_early_is_said(cut: int) -> None:
    with pytest.raises(wire.WireError):
        wire.decode_metadata(metadata(0)[:cut])
