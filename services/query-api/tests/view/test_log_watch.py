"""What a look at the topic's log says of tail and table. Time is driven by hand."""

from dataclasses import replace

import pytest

from iot_contracts.tables import FilledFrom
from query_api.table.state import NO_TABLE, TableState
from query_api.view.log_watch import LogWatch, topic_problem
from service_kit.kafka_log import TopicLog

LOG = TopicLog(topic_id="first", starts={0: 0}, ends={0: 50}, epochs={0: 1}, since={0: 0})
CAUGHT_UP = {0: 50}


@pytest.fixture
def state() -> TableState:
    return replace(NO_TABLE, committed_offsets={0: 40}, filled_from=FilledFrom("first", {0: 1}))


def judged(state: TableState, *reads: tuple[float, TopicLog, dict[int, int], dict[int, int]]) -> LogWatch:
    watch = LogWatch()
    for now, log, positions, announced in reads:
        watch.judge(log, state, positions, announced, now)
    return watch


def test_a_tail_that_goes_on_is_no_trouble(state: TableState) -> None:
    watch = judged(state, (0, LOG, CAUGHT_UP, {0: 40}), (500, LOG, CAUGHT_UP, {0: 40}))
    assert (watch.tail_standstill, watch.snapshot_standstill, watch.expiry) == (None, None, None)


def test_a_tail_that_reads_nothing_of_what_waits_stands_still(state: TableState) -> None:
    watch = judged(state, (0, LOG, {0: 45}, {}), (60, LOG, {0: 45}, {}))
    assert "5 messages wait and no offset has moved for 60 s" in str(watch.tail_standstill)


def test_a_snapshot_that_was_announced_and_not_taken_over_is_a_standstill(state: TableState) -> None:
    watch = judged(state, (0, LOG, CAUGHT_UP, {0: 48}), (60, LOG, CAUGHT_UP, {0: 49}))
    assert str(watch.snapshot_standstill).startswith("snapshots were announced that are not taken over: 9 messages")


def test_readings_that_no_snapshot_holds_are_an_alarm_long_before_they_expire(state: TableState) -> None:
    watch = judged(state, (0, replace(LOG, since={0: 47}), CAUGHT_UP, {}))
    assert "7 messages of iot-sensors that are not stored yet" in str(watch.expiry)


@pytest.mark.parametrize(
    "log", [replace(LOG, topic_id="second"), replace(LOG, ends={0: 39}), replace(LOG, epoch_ends={0: 30})]
)
def test_a_topic_made_anew_or_cut_is_not_the_snapshot_s(state: TableState, log: TopicLog) -> None:
    assert topic_problem(state, LOG) is None
    assert topic_problem(state, log)
