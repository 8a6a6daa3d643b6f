"""Which of a batch's readings repeat: identity as the domain has it, order within a partition only."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from pyspark.sql import DataFrame

from iot_domain.identity import identity
from stream_processor.batch_facts import collect_facts
from stream_processor.seen_ids import SeenIds

Processed = Callable[..., DataFrame]


def row(partition: int, offset: int, sensor_id: str, number: int) -> dict[str, object]:
    return {
        "kafka_partition": partition,
        "kafka_offset": offset,
        "sensor_id": sensor_id,
        "reading_id": str(UUID(int=number)),
    }


def test_the_identity_of_a_reading_is_the_domains(processed: Processed) -> None:
    messages = [(0, 5, "A.b:c-d", 2**128 - 1), (11, 6, "SENSOR_001", 0), (12, 0, "A.b:c-d", 1)]
    ids = collect_facts(processed(*(row(*message) for message in messages))).ids
    found = [int(high) << 64 | int(low) for high, low in zip(ids.high, ids.low, strict=True)]
    assert found == [identity(partition, sensor, UUID(int=number)) for partition, _, sensor, number in messages]


def test_the_repeated_one_is_the_later_of_its_partition_whatever_stands_in_others(processed: Processed) -> None:
    messages = [(1, 0, "A", 7), (0, 3, "B", 7), (1, 2, "B", 7), (0, 9, "B", 7), (1, 1, "A", 7), (0, 4, "A", 7)]
    facts = collect_facts(processed(*(row(*message) for message in messages)))
    repeated = SeenIds(timedelta(hours=1), 1000).repeated(facts.ids)
    positions = facts.positions(repeated).to_pylist()
    assert [(each["kafka_partition"], each["kafka_offset"]) for each in positions] == [(0, 9), (1, 1)]
