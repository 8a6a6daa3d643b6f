"""Deduplication in a real streaming query: a file is a micro-batch."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pyspark.sql import DataFrame, SparkSession

from stream_processor.transforms.deduplicate import deduplicate

SCHEMA = (
    "reading_id string, dead_letter_reason string, kafka_partition int, kafka_offset bigint, event_timestamp timestamp"
)
Messages = Sequence[dict[str, Any]]


def reading(number: int, offset: int, event_timestamp: str = "2026-03-01T12:00:00Z") -> dict[str, Any]:
    row = {"reading_id": str(UUID(int=number)), "kafka_partition": 0, "kafka_offset": offset}
    return row | {"event_timestamp": event_timestamp}


def invalid(offset: int, reading_id: str | None = None) -> dict[str, Any]:
    row = {"reading_id": reading_id, "kafka_partition": 0, "kafka_offset": offset}
    return row | {"dead_letter_reason": "missing_field"}


class Query:
    """A streaming query over files, with a checkpoint that a later run goes on from."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self._spark, self._folder = spark, folder
        self._input = folder / "in"
        self._input.mkdir()
        self._files = 0

    def run(self, *batches: Messages) -> list[list[int]]:
        """Put each batch in, run until all are through; which Kafka offsets came out of each."""
        for batch in batches:
            self._files += 1
            made = self._folder / f"{self._files}.json"
            made.write_text("\n".join(json.dumps(row) for row in batch))
            os.utime(made, (self._files, self._files))
            made.rename(self._input / made.name)
        came_out: list[list[int]] = []

        def take(rows: DataFrame, _batch_id: int) -> None:
            came_out.append(sorted(row["kafka_offset"] for row in rows.collect()))

        stream = self._spark.readStream.schema(SCHEMA).option("maxFilesPerTrigger", 1).json(str(self._input))
        writer = deduplicate(stream, horizon_minutes=60).writeStream.foreachBatch(take)
        query = writer.option("checkpointLocation", str(self._folder / "checkpoint")).trigger(availableNow=True).start()
        query.awaitTermination()
        return came_out


@pytest.fixture
def query(spark: SparkSession, tmp_path: Path) -> Query:
    return Query(spark, tmp_path)


def test_a_reading_comes_out_once_however_often_it_is_repeated(query: Query) -> None:
    came_out = query.run(
        [reading(1, 0), reading(2, 1), reading(1, 2), reading(1, 3)],
        [reading(2, 4), reading(3, 5)],
        [reading(1, 6), reading(3, 7)],
    )
    assert [len(batch) for batch in came_out] == [2, 1, 0]
    assert 1 in came_out[0]
    assert came_out[1] == [5]
    # What was remembered is in the checkpoint, so a new run knows it too.
    assert query.run([reading(2, 8), reading(4, 9)]) == [[9]]


def test_no_reading_is_too_old(query: Query) -> None:
    came_out = query.run(
        [reading(1, 0, "2026-03-01T12:00:00Z"), reading(2, 1, "2036-03-01T12:00:00Z")],
        [reading(3, 2, "1970-01-01T00:00:00Z"), reading(4, 3, "0001-01-02T00:00:00Z")],
    )
    assert came_out == [[0, 1], [2, 3]]


def test_every_invalid_message_is_kept(query: Query) -> None:
    same_id = str(UUID(int=1))
    came_out = query.run(
        [reading(1, 0), invalid(1, same_id), invalid(2, same_id), invalid(3)], [invalid(4), invalid(5, "x")]
    )
    assert came_out == [[0, 1, 2, 3], [4, 5]]
