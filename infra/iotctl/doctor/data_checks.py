"""Do the data move, and do they stay within bounds? Pure."""

from __future__ import annotations

from collections.abc import Iterator

from invariants.bounds import LATE_AFTER_S, MAX_FILES_OF_A_DAY, MAX_LOCK_AGE_S, MAX_SNAPSHOTS
from iotctl.doctor.facts import Facts, PartitionFact
from iotctl.doctor.findings import Finding, Severity

MAX_QUERY_LAG = 10_000
DANGER_SHARE = 0.5
"""Of the retention: an unread message that is so old, or a partition that is so full with unread ones, is in danger."""


def check_lag(facts: Facts) -> Iterator[Finding]:
    """What waits in Kafka for more than a minute is not stored as it should be."""
    late = [one for one in facts.partitions if (one.oldest_unread_age_s or 0.0) > LATE_AFTER_S]
    if late:
        age, count = max(one.oldest_unread_age_s or 0.0 for one in late), sum(one.unread for one in late)
        problem = f"{count:,} messages wait to be stored, the oldest for {_duration(age)}"
        remedy = "curl the stream processor's /v1/status: trouble says why it stands, last_batch how fast it goes"
        yield Finding(Severity.BROKEN, problem, remedy)
    if facts.query_lag is not None and facts.query_lag > MAX_QUERY_LAG:
        problem = f"query-api is {facts.query_lag:,} messages behind the topic: answers lack them"
        yield Finding(Severity.DANGER, problem, "wait while it catches up; if it does not: make logs SERVICE=query-api")


def check_expiry(facts: Facts) -> Iterator[Finding]:
    """Kafka deletes by age and by size, read or not."""
    for one in facts.partitions:
        share = max(_share_of_time(one), _share_of_bytes(one))
        if share >= DANGER_SHARE:
            severity = Severity.BROKEN if share >= 1 else Severity.DANGER
            problem = (
                f"iot-sensors, partition {one.partition}: {one.unread:,} messages that are not stored are at "
                f"{share:.0%} of what Kafka keeps"
            )
            remedy = (
                "bring the stream processor back now; until then raise the topic's retention: "
                "contracts/src/iot_contracts/topics.py, then make up"
            )
            yield Finding(severity, problem, remedy)


def _share_of_time(one: PartitionFact) -> float:
    return (one.oldest_unread_age_s or 0.0) / one.retention_s if one.retention_s else 0.0


def _share_of_bytes(one: PartitionFact) -> float:
    return one.unread_bytes / one.retention_bytes if one.retention_bytes else 0.0


def check_locks(facts: Facts) -> Iterator[Finding]:
    """A lock that nobody releases stops every commit of its table."""
    for lock in facts.locks:
        if lock.age_s > MAX_LOCK_AGE_S:
            problem = (
                f"a lock on {lock.table} is {_duration(lock.age_s)} old, held by {lock.holder}: no commit gets through"
            )
            remedy = (
                "if nothing commits there: make restart SERVICE=stream-processor; the metastore then gives up locks "
                f"without a heartbeat. By hand: delete from hive_locks where hl_lock_ext_id = {lock.id} in its database"
            )
            yield Finding(Severity.BROKEN, problem, remedy)


def check_tables(facts: Facts) -> Iterator[Finding]:
    """Small files and old snapshots cost every query and every commit."""
    for table in facts.tables:
        piled_up = []
        if table.most_files_of_a_day > MAX_FILES_OF_A_DAY:
            piled_up.append(f"{table.most_files_of_a_day:,} files in one day")
        if table.snapshots > MAX_SNAPSHOTS:
            piled_up.append(f"{table.snapshots:,} snapshots")
        if piled_up:
            problem = f"{table.name} has {' and '.join(piled_up)}: the maintenance does not keep up"
            remedy = "see maintained_at in the stream processor's /v1/status, and 'housekeeping failed' in its log"
            yield Finding(Severity.DANGER, problem, remedy)


def check_data(facts: Facts) -> list[Finding]:
    """Run all checks of this module, and name what could not be looked at."""
    unseen = [
        Finding(Severity.NOTE, f"{what} could not be looked at: {why}", "mend what stands above, then ask again")
        for what, why in facts.unseen.items()
    ]
    return [*check_lag(facts), *check_expiry(facts), *check_locks(facts), *check_tables(facts), *unseen]


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
