from collections.abc import Callable

from pyspark.sql import DataFrame

from stream_processor.tables.readings import is_past, snapshot_properties

Processed = Callable[..., DataFrame]


def test_rows_below_the_border_of_their_partition_are_not_stored_again(processed: Processed) -> None:
    places = [(0, 4), (0, 5), (1, 0), (1, 6), (1, 7), (2, 0)]
    frame = processed(*({"kafka_partition": partition, "kafka_offset": offset} for partition, offset in places))
    past = frame.where(is_past({0: 5, 1: 7})).select("kafka_partition", "kafka_offset").collect()
    assert [tuple(row) for row in past] == [(0, 5), (1, 7), (2, 0)]


def test_a_snapshot_says_what_it_reaches_and_who_wrote_it() -> None:
    assert snapshot_properties({1: 7, 0: 12}, "b7e2", 3, {"iot-rules": 4}) == {
        "iot.kafka-offsets": '{"0":12,"1":7}',
        "iot.query-id": "b7e2",
        "iot.batch-id": "3",
        "iot.rules-offsets": '{"iot-rules":4}',
    }
