"""What a foreign producer writes into the headers of its messages stops no consumer and costs no neighbour."""

import gzip
import struct
from importlib.metadata import version

import pytest
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import TopicPartition

from service_kit.kafka_headers import TolerantRecords, read_any_header_names

LENGTH_AT, CRC_AT, ATTRIBUTES_AT, RECORDS_AT = 8, 17, 21, 61
GZIP = 1


def test_the_private_parts_are_those_of_the_pinned_version() -> None:
    """Of another version, read `aiokafka/record/` and `aiokafka/consumer/fetcher.py` before the number is changed."""
    assert version("aiokafka") == "0.14.0"


def a_batch(first_offset: int, *header_names: bytes, packed: bool = False) -> bytes:
    """A record for each header name, as a broker sends them; the value says which one it is."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=9999,
    )
    for number, name in enumerate(header_names):
        builder.append(number, 1000, b"key", b"%d" % (first_offset + number), headers=[("x" * len(name), b"h")])
    batch = bytearray(builder.build())
    for name in header_names:
        at = batch.find(b"x" * len(name) + b"\x02h")
        batch[at : at + len(name)] = name
    struct.pack_into(">q", batch, 0, first_offset)
    if packed:
        batch[RECORDS_AT:] = gzip.compress(batch[RECORDS_AT:])
        struct.pack_into(">h", batch, ATTRIBUTES_AT, GZIP)
        struct.pack_into(">i", batch, LENGTH_AT, len(batch) - LENGTH_AT - 4)
    struct.pack_into(">I", batch, CRC_AT, calc_crc32c(bytes(batch[ATTRIBUTES_AT:])))
    return bytes(batch)


def values_of(data: bytes) -> list[bytes]:
    """What aiokafka's consumer would be given of a fetch."""
    options = {"key_deserializer": None, "value_deserializer": None, "check_crcs": True, "isolation_level": 0}
    records = fetcher.PartitionRecords(
        TopicPartition("t", 0),
        records=fetcher.MemoryRecords(data),
        aborted_transactions=None,
        fetch_offset=0,
        **options,
    )
    return [record.value for record in records]


@pytest.fixture
def tolerant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "MemoryRecords", fetcher.MemoryRecords)
    read_any_header_names()


@pytest.mark.usefixtures("tolerant")
@pytest.mark.parametrize("name", [b"\xff", b"ok\xc3", b"\xed\xa0\x80", b"\x00", b"\xc0\x80name"])
@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_header_name_that_is_no_text_costs_neither_its_message_nor_a_neighbour(
    name: bytes, place: int, packed: bool
) -> None:
    names = [b"trace-id"] * 4
    names[place] = name
    fetched = a_batch(0, b"one", b"two") + a_batch(2, *names, packed=packed) + a_batch(6, b"three")
    assert values_of(fetched) == [b"%d" % number for number in range(7)]


@pytest.mark.usefixtures("tolerant")
def test_a_batch_that_the_fetch_cut_off_is_left_for_the_next_one() -> None:
    whole, cut = a_batch(0, b"\xff"), a_batch(1, b"x")[:-3]
    assert values_of(whole + cut) == [b"0"]
    assert not TolerantRecords(cut).has_next()
    assert TolerantRecords(cut).size_in_bytes() == len(cut)
