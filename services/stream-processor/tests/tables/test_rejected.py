"""Dead letters as a table: each once, however often it was published, and from whichever log."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from pyspark.sql import SparkSession

from iot_contracts.dead_letters import DeadLetter, DeadLetterReason
from iot_contracts.tables import OFFSETS_PROPERTY, REJECTED, TOPIC_PROPERTY
from iot_domain.topic_log import encode_filled_from
from service_kit.kafka_log import TopicLog
from stream_processor.tables.catalog import newest_with_offsets, offsets_of
from stream_processor.tables.rejected import MAX_LETTERS, append_letters, new_spans
from stream_processor.tables.schemas import full_name
from stream_processor.tables.snapshots import Snapshot

NOON = datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)


def letter(offset: int, *, payload: bytes = b"\xff{", hours: int = 0) -> bytes:
    return msgspec.json.encode(
        DeadLetter(
            reason=DeadLetterReason.NOT_JSON,
            detail="not JSON: é",
            payload=payload,
            source_topic="iot-sensors",
            source_partition=1,
            source_offset=offset,
            failed_at=NOON + timedelta(hours=hours),
        )
    )


def append(spark: SparkSession, reached: int, *letters: bytes) -> list[tuple[int, bytes]]:
    """Append, and return what the table holds then."""
    rows = spark.createDataFrame([(one,) for one in letters], "value BINARY")
    append_letters(spark, rows, {OFFSETS_PROPERTY: f'{{"0": {reached}}}'})
    found = spark.table(full_name(REJECTED)).toArrow().to_pylist()
    return sorted((row["source_offset"], row["payload"]) for row in found)


@pytest.mark.usefixtures("tables")
def test_each_letter_is_stored_once_byte_for_byte(spark: SparkSession) -> None:
    payload = bytes(range(256))
    assert append(spark, 3, letter(1), letter(2, payload=payload), letter(1)) == [(1, b"\xff{"), (2, payload)]
    [row] = spark.table(full_name(REJECTED)).where("source_offset = 2").toArrow().to_pylist()
    assert (row["failed_at"], row["reason"], row["detail"]) == (NOON, "not_json", "not JSON: é")
    # Published again, and one of another topic of the same name at the same place.
    again = append(spark, 6, letter(2, payload=payload), letter(1), letter(1, payload=b"", hours=30))
    assert again == [(1, b""), (1, b"\xff{"), (2, payload)]
    assert offsets_of(newest_with_offsets(spark, REJECTED)) == {0: 6}


@pytest.mark.usefixtures("tables")
def test_what_is_no_letter_is_left_out(spark: SparkSession) -> None:
    assert append(spark, 4, b"rubbish", b"{}", b"[]", letter(7)) == [(7, b"\xff{")]


def a_log(topic_id: str, start: int, end: int) -> TopicLog:
    return TopicLog(topic_id=topic_id, starts={0: start}, ends={0: end}, epochs={0: 1})


def held(offset: int, log: TopicLog) -> Snapshot:
    properties = {OFFSETS_PROPERTY: f'{{"0": {offset}}}', TOPIC_PROPERTY: encode_filled_from(log)}
    return Snapshot(1, NOON, properties)


@pytest.mark.parametrize(
    ("last", "log", "span"),
    [
        (None, a_log("a", 5, 9), (5, 9)),
        (held(7, a_log("a", 0, 7)), a_log("a", 5, 9), (7, 9)),
        (held(9, a_log("a", 0, 9)), a_log("a", 5, 9), (9, 9)),
        (held(3, a_log("a", 0, 9)), a_log("a", 5, 9), (5, 9)),
        (held(7, a_log("a", 0, 7)), a_log("made anew", 0, 9), (0, 9)),
        (held(70, a_log("a", 0, 70)), a_log("a", 0, 9), (0, 9)),
        (None, a_log("a", 0, MAX_LETTERS * 3), (0, MAX_LETTERS)),
    ],
)
def test_the_log_is_read_from_where_the_table_ends(last: Snapshot | None, log: TopicLog, span: tuple[int, int]) -> None:
    assert new_spans(last, log) == {0: span}
