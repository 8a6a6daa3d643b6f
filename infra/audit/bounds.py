"""What belongs to an audit: the range of each partition, and the snapshot that is compared with it.

First query-api's answer, then the ends of the topics, then the snapshot: so the topic reaches at least as far as the
answer, and the snapshot holds at least what alerts were sent about. What arrives later is in flight.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from aiokafka import TopicPartition
from pyiceberg.table import Table

from audit import answers, events, kafka_log
from audit.lake import Lake, committed_offsets, history, log_begins
from audit.options import Options
from invariants.evidence import Answer
from invariants.ledger import Ledger
from iot_contracts.tables import READINGS
from iot_contracts.topics import IOT_ALERTS, IOT_SENSORS

WAIT_POLL_S = 0.5


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


def take_bounds(options: Options, lake: Lake, ledger: Ledger) -> Taken:
    """Look at everything that says what is audited; the bounds are rows of the ledger then."""
    answer = None
    if options.to_ms is None:
        answer = answers.ask_for_count(options.query_api)
        ledger.add("answered", answers.ask_for_readings(options.query_api))
    at_ms = time.time_ns() // 1_000_000
    ranges = _ranges(options, answer)
    alerts = kafka_log.beginnings_and_ends(options.kafka, kafka_log.places(IOT_ALERTS))
    readings = _wait_for_table(options, lake, ranges)
    committed = committed_offsets(history(readings))
    newest = kafka_log.beginnings_and_ends(options.kafka, kafka_log.places(IOT_SENSORS))
    ledger.add(
        "bounds",
        [
            (number, one.oldest, one.first, one.last, committed.get(number, 0), end)
            for (number, one), (_, end) in zip(ranges.items(), newest.values(), strict=True)
        ],
    )
    _begin_at(ledger, log_begins(readings), "what is stored below came from an earlier topic")
    return Taken(at_ms, answer, ranges, alerts, readings)


def leave_out_deleted(options: Options, ledger: Ledger) -> None:
    """Kafka may delete messages while they are read; call it when they have been."""
    known = kafka_log.beginnings_and_ends(options.kafka, kafka_log.places(IOT_SENSORS))
    _begin_at(ledger, {place.partition: oldest for place, (oldest, _) in known.items()}, "Kafka deleted what was below")


def _begin_at(ledger: Ledger, offsets: Mapping[int, int], why: str) -> None:
    for partition in ledger.begin_at(offsets):
        events.note(f"partition {partition} is compared from offset {offsets[partition]} on: {why}")


def _ranges(options: Options, answer: Answer | None) -> dict[int, Range]:
    of = kafka_log.places(IOT_SENSORS)
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
