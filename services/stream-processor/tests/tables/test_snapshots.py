from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stream_processor.tables.snapshots import Snapshot, expire_before, newest_with

KEY = "iot.kafka-offsets"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RETENTION = timedelta(minutes=15)


def snapshot(age_minutes: float, *keys: str) -> Snapshot:
    committed_at = NOW - timedelta(minutes=age_minutes)
    return Snapshot(id=round(age_minutes * 60), committed_at=committed_at, properties=dict.fromkeys(keys, "{}"))


# From the current snapshot backwards: each is older than the one before.
histories = st.lists(st.tuples(st.floats(0, 1000), st.booleans())).map(
    lambda found: [snapshot(age, *([KEY] if has_key else [])) for age, has_key in sorted(found)]
)


def test_compaction_leaves_the_border_where_it_was() -> None:
    compaction, bearer, older = snapshot(1), snapshot(2, KEY), snapshot(3, KEY)
    assert newest_with([compaction, bearer, older], KEY) is bearer


def test_a_table_without_such_a_snapshot_has_none() -> None:
    assert newest_with([snapshot(1), snapshot(2, "other")], KEY) is None
    assert newest_with([], KEY) is None


def test_what_is_past_retention_may_expire() -> None:
    assert expire_before([snapshot(1, KEY), snapshot(60, KEY)], KEY, NOW, RETENTION) == NOW - RETENTION


def test_the_newest_bearer_stays_however_old_it_is() -> None:
    history = [snapshot(1), snapshot(30), snapshot(600, KEY), snapshot(700, KEY)]
    assert expire_before(history, KEY, NOW, RETENTION) == NOW - timedelta(minutes=600)


@given(histories)
def test_the_newest_bearer_never_expires(history: list[Snapshot]) -> None:
    limit = expire_before(history, KEY, NOW, RETENTION)
    bearer = newest_with(history, KEY)
    assert limit <= NOW - RETENTION
    assert bearer in [kept for kept in history if kept.committed_at >= limit] or bearer is None


def test_nothing_expires_while_no_snapshot_has_the_key() -> None:
    assert expire_before([snapshot(600)], KEY, NOW, RETENTION) == datetime.min.replace(tzinfo=UTC)
