"""One audit's evidence, gathered in the order that makes what arrives meanwhile "in flight" and never a false alarm.

First query-api's answer, then the ends of the topics, then the snapshot: so the topic reaches at least as far as the
answer, and the snapshot holds at least what alerts were sent about. Dead letters are sent after the commit, so they
are looked up last, and waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from aiokafka import TopicPartition
from pyiceberg.table import Table

from audit import answers, events, kafka_log, messages, small_topics
from audit.lake import Lake, committed_offsets, data_files, files_of, history
from audit.locks import locks
from audit.options import Options
from invariants.accounts import UNTOLD
from invariants.evidence import Answer, Evidence, TableFiles
from invariants.ledger import Ledger
from iot_contracts.tables import ANOMALIES, READINGS, TABLES
from iot_contracts.topics import IOT_ALERTS, IOT_DLQ, IOT_SENSORS, Topic

WAIT_POLL_S = 0.5
DEAD_LETTERS_WITHIN_S = 15.0
_IDENTITY = "sensor_id, unhex(replace(reading_id, '-', ''))"
# Which tables have identities: the ledger's table, and the select list of a data file.
_ROWS = {
    READINGS.name: ("stored", f"{_IDENTITY}, kafka_partition, kafka_offset"),
    ANOMALIES.name: ("anomalies", _IDENTITY),
}


@dataclass(frozen=True)
class Range:
    """One partition: `oldest` is the first message that Kafka still has, [first, last) is audited.

    Messages from `read_from` on are read: the answer's tail may begin before what is audited.
    """

    oldest: int
    first: int
    last: int
    read_from: int


@dataclass(frozen=True)
class Taken:
    """What was looked at first, within a moment: it says what belongs to the audit."""

    at_ms: int
    answer: Answer | None
    ranges: Mapping[int, Range]
    alerts: Mapping[TopicPartition, tuple[int, int]]
    readings: Table | None


def gather(options: Options) -> Evidence:
    """Gather everything. Raises what Kafka, HDFS, the metastore and query-api raise."""
    lake, ledger = Lake(options.metastore, options.hdfs), Ledger(options.folder, options.memory_mb)
    taken = _take_bounds(options, lake, ledger)
    spans = {number: (one.read_from, one.last) for number, one in taken.ranges.items()}
    # Processes read the topic while this one reads the tables.
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(messages.read_messages, options.kafka, spans, options.folder, _progress_of("Kafka"))
        tables = {table.name: lake.table(table.name) for table in TABLES} | {READINGS.name: taken.readings}
        files = {name: _read_table(options, lake, ledger, name, table) for name, table in tables.items() if table}
        received = reading.result()
    ledger.add_parquet("received", messages.SELECT, received)
    ledger.settle()
    small_topics.read_rows(options.kafka, taken.alerts, small_topics.alert_row, partial(ledger.add, "alerts"))
    _read_dead_letters(options, ledger)
    return Evidence(
        ledger=ledger,
        taken_at_ms=taken.at_ms,
        snapshots={name: history(table) for name, table in tables.items()},
        files=files,
        locks=locks(options.metastore),
        answer=taken.answer,
    )


def _take_bounds(options: Options, lake: Lake, ledger: Ledger) -> Taken:
    answer = None
    if options.to_ms is None:
        answer = answers.ask_for_count(options.query_api)
        ledger.add("answered", answers.ask_for_readings(options.query_api))
    at_ms = time.time_ns() // 1_000_000
    ranges = _ranges(options, answer)
    alerts = kafka_log.beginnings_and_ends(options.kafka, _places(IOT_ALERTS))
    readings = _wait_for_table(options, lake, ranges)
    committed = committed_offsets(history(readings))
    newest = kafka_log.beginnings_and_ends(options.kafka, _places(IOT_SENSORS))
    ledger.add(
        "bounds",
        [
            (number, one.oldest, one.first, one.last, committed.get(number, 0), end)
            for (number, one), (_, end) in zip(ranges.items(), newest.values(), strict=True)
        ],
    )
    return Taken(at_ms, answer, ranges, alerts, readings)


def _ranges(options: Options, answer: Answer | None) -> dict[int, Range]:
    of = _places(IOT_SENSORS)
    known = kafka_log.beginnings_and_ends(options.kafka, of)
    start = {} if options.from_ms is None else kafka_log.offsets_at(options.kafka, of, options.from_ms)
    stop = {} if options.to_ms is None else kafka_log.offsets_at(options.kafka, of, options.to_ms)
    ranges = {}
    for place, (oldest, end) in known.items():
        # No message at that time or later: the range begins, or ends, at the topic's end.
        first = oldest if not start else _or(start[place], end)
        last = _or(stop.get(place), end)
        tail = first if answer is None else max(oldest, answer.offsets.get(place.partition, 0))
        ranges[place.partition] = Range(oldest, first, max(first, last), min(first, tail))
        if oldest:
            events.note(
                f"partition {place.partition}: Kafka has deleted {oldest} messages by retention; "
                "what became of them is outside of what can be compared"
            )
    return ranges


def _or(offset: int | None, otherwise: int) -> int:
    return otherwise if offset is None else offset


def _wait_for_table(options: Options, lake: Lake, ranges: Mapping[int, Range]) -> Table | None:
    """Return the table once it holds the audited messages, or when the time to wait is up."""
    give_up_at = time.monotonic() + options.wait_s
    while True:
        table = lake.table(READINGS.name)
        committed = committed_offsets(history(table))
        missing = sum(max(0, one.last - committed.get(number, 0)) for number, one in ranges.items())
        if not missing or time.monotonic() > give_up_at:
            return table
        time.sleep(WAIT_POLL_S)


def _read_table(options: Options, lake: Lake, ledger: Ledger, name: str, table: Table) -> TableFiles:
    found = list(data_files(table))
    into, select = _ROWS.get(name, ("", ""))
    copy, tell = options.folder / "data-file.parquet", _progress_of(name)
    for place, (location, _) in enumerate(found if into else (), 1):
        lake.download(location, copy)
        ledger.add_parquet(into, select, [copy])
        tell(place, len(found))
    copy.unlink(missing_ok=True)
    return files_of(table, [partition for _, partition in found])


def _read_dead_letters(options: Options, ledger: Ledger) -> None:
    give_up_at = time.monotonic() + DEAD_LETTERS_WITHIN_S
    read_up_to: dict[TopicPartition, int] = {}
    while True:
        known = kafka_log.beginnings_and_ends(options.kafka, _places(IOT_DLQ))
        spans = {place: (max(first, read_up_to.get(place, 0)), end) for place, (first, end) in known.items()}
        small_topics.read_rows(options.kafka, spans, small_topics.letter_row, partial(ledger.add, "dead_letters"))
        if not ledger.number(f"SELECT count(*) FROM unstored u WHERE {UNTOLD}") or time.monotonic() > give_up_at:
            return
        read_up_to = {place: end for place, (_, end) in spans.items()}
        time.sleep(WAIT_POLL_S)


def _places(topic: Topic) -> list[TopicPartition]:
    return kafka_log.places(topic.name, topic.partitions)


def _progress_of(step: str) -> Callable[[int, int], None]:
    return partial(events.progress, step)
