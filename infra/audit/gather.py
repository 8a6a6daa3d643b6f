"""One audit's evidence: the topic, the tables, alerts and dead letters in a ledger, and the facts beside it.

Dead letters are sent after the commit, so they are looked up last, and waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiokafka import TopicPartition
from pyiceberg.table import Table

from audit import events, kafka_log, messages, small_topics
from audit.bounds import WAIT_POLL_S, leave_out_deleted, take_bounds
from audit.lake import Lake, data_files, files_of, history
from audit.locks import locks
from audit.options import Options
from invariants.accounts import UNTOLD
from invariants.evidence import Evidence, TableFiles
from invariants.ledger import Ledger
from iot_contracts.tables import ANOMALIES, READINGS, TABLES
from iot_contracts.topics import IOT_DLQ

DEAD_LETTERS_WITHIN_S = 15.0
_IDENTITY = "sensor_id, unhex(replace(reading_id, '-', ''))"
# Which tables have identities: the ledger's table, and the select list of a data file.
_ROWS = {
    READINGS.name: ("stored", f"{_IDENTITY}, kafka_partition, kafka_offset"),
    ANOMALIES.name: ("anomalies", _IDENTITY),
}


def gather(options: Options) -> Evidence:
    """Gather everything. Raises what Kafka, HDFS, the metastore and query-api raise."""
    lake, ledger = Lake(options.metastore, options.hdfs), Ledger(options.folder)
    taken = take_bounds(options, lake, ledger)
    spans = {number: (one.read_from, one.last) for number, one in taken.ranges.items()}
    # Processes read the topic while this one reads the tables.
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(messages.read_messages, options.kafka, spans, options.folder, _progress_of("Kafka"))
        tables = {table.name: lake.table(table.name) for table in TABLES} | {READINGS.name: taken.readings}
        files = {name: _read_table(options, lake, ledger, name, table) for name, table in tables.items() if table}
        received = reading.result()
    ledger.add_parquet("received", messages.SELECT, received)
    leave_out_deleted(options, ledger)
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


def _read_table(options: Options, lake: Lake, ledger: Ledger, name: str, table: Table) -> TableFiles:
    found = list(data_files(table))
    into, select = _ROWS.get(name, ("", ""))
    copy, report = options.folder / "data-file.parquet", _progress_of(name)
    for place, (location, _) in enumerate(found if into else (), 1):
        lake.download(location, copy)
        ledger.add_parquet(into, select, [copy])
        report(place, len(found))
    copy.unlink(missing_ok=True)
    return files_of(table, [partition for _, partition in found])


def _read_dead_letters(options: Options, ledger: Ledger) -> None:
    give_up_at = time.monotonic() + DEAD_LETTERS_WITHIN_S
    read_up_to: dict[TopicPartition, int] = {}
    while True:
        known = kafka_log.beginnings_and_ends(options.kafka, kafka_log.places(IOT_DLQ))
        spans = {place: (max(first, read_up_to.get(place, 0)), end) for place, (first, end) in known.items()}
        small_topics.read_rows(options.kafka, spans, small_topics.letter_row, partial(ledger.add, "dead_letters"))
        if not ledger.number(f"SELECT count(*) FROM unstored u WHERE {UNTOLD}") or time.monotonic() > give_up_at:
            return
        read_up_to = {place: end for place, (_, end) in spans.items()}
        time.sleep(WAIT_POLL_S)


def _progress_of(step: str) -> Callable[[int, int], None]:
    return partial(events.progress, step)
