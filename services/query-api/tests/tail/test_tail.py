"""Batches of the tail by partition and offset."""

from collections.abc import Callable

import pyarrow as pa
import pytest

from iot_contracts.readings import Reading
from query_api.tail.batches import to_batch
from query_api.tail.tail import MAX_MERGED_ROWS, OFFSET_COLUMN, PartitionTail, Tail

MakeReading = Callable[..., Reading]


def offsets_in(share: PartitionTail) -> list[int]:
    return [offset for batch in share.batches for offset in batch.column(OFFSET_COLUMN).to_pylist()]


def polls(reading: MakeReading, *offsets: list[int]) -> PartitionTail:
    share = PartitionTail(held_from=0)
    for some in offsets:
        share = share.extended(to_batch(some, [reading(offset) for offset in some]))
    return share


@pytest.mark.parametrize(
    ("committed", "left"), [(0, [3, 4, 9, 10, 20]), (4, [4, 9, 10, 20]), (5, [9, 10, 20]), (20, [20]), (21, [])]
)
def test_a_cut_drops_exactly_what_is_below_the_committed(reading: MakeReading, committed: int, left: list[int]) -> None:
    assert offsets_in(polls(reading, [3, 4, 9, 10], [20]).cut(committed)) == left


def test_thousands_of_single_row_polls_stay_a_few_batches(reading: MakeReading) -> None:
    share = polls(reading, *([offset] for offset in range(2000)))
    assert len(share.batches) <= 12
    assert offsets_in(share) == list(range(2000))


def test_merging_stops_at_a_size_that_is_cheap_to_copy(reading: MakeReading) -> None:
    batch = to_batch(range(MAX_MERGED_ROWS), [reading(0)] * MAX_MERGED_ROWS)
    share = PartitionTail(held_from=0).extended(batch).extended(batch)
    assert [one.num_rows for one in share.batches] == [MAX_MERGED_ROWS, MAX_MERGED_ROWS]


def test_a_tail_reaches_a_border_only_if_every_partition_does() -> None:
    tail = Tail({0: PartitionTail(held_from=10), 1: PartitionTail(held_from=0)})
    assert tail.reaches({0: 10, 1: 0})
    assert not tail.reaches({0: 9, 1: 5})
    assert not tail.reaches({1: 5})


def test_a_batch_has_the_columns_of_the_table(reading: MakeReading) -> None:
    batch = to_batch([7], [reading(1, is_anomaly=True)])
    assert pa.Table.from_batches([batch]).to_pylist() == [
        {
            "reading_id": "00000000-0000-0000-0000-000000000001",
            "sensor_id": "SENSOR_1",
            "sensor_type": "temperature",
            "location": "Tangier-Port",
            "value": 1.0,
            "unit": "Celsius",
            "is_anomaly": True,
            "battery_level": None,
            "event_timestamp": reading(1).timestamp,
            "kafka_offset": 7,
        }
    ]
