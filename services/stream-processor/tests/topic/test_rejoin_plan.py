"""What makes another log go on where the table ends."""

from dataclasses import replace

from iot_contracts.tables import FilledFrom
from service_kit.kafka_log import TopicLog
from stream_processor.topic.rejoin_plan import Rejoin, plan_rejoin

HELD = {0: 100}
FIRST = FilledFrom("first", {0: 3})
ANEW = TopicLog(topic_id="second", starts={0: 0}, ends={0: 7}, epochs={0: 0})


def test_a_topic_made_anew_is_filled_up_and_all_of_it_is_sent_again() -> None:
    assert plan_rejoin(HELD, FIRST, ANEW) == Rejoin(copies={0: (0, 100)}, fillers={0: 93})


def test_a_topic_made_anew_that_is_longer_than_the_table_needs_no_filling() -> None:
    assert plan_rejoin(HELD, FIRST, replace(ANEW, ends={0: 500})) == Rejoin(copies={0: (0, 100)}, fillers={})


def test_of_a_log_that_was_cut_only_what_came_after_the_cut_is_sent_again() -> None:
    cut = TopicLog(topic_id="first", starts={0: 0}, ends={0: 95}, epochs={0: 4}, epoch_ends={0: 90}, since={0: 92})
    assert plan_rejoin(HELD, FIRST, cut) == Rejoin(copies={0: (90, 100)}, fillers={0: 5})


def test_of_an_older_copy_only_what_came_after_the_newest_commit_is_sent_again() -> None:
    """The rest is in the table, for longer than the ids of readings are remembered."""
    copy = TopicLog(topic_id="first", starts={0: 0}, ends={0: 85}, epochs={0: 2}, epoch_ends={0: -1}, since={0: 80})
    assert plan_rejoin(HELD, FIRST, copy) == Rejoin(copies={0: (80, 100)}, fillers={0: 15})
    restarted_often = replace(copy, epochs={0: 5}, epoch_ends={0: 83})
    assert plan_rejoin(HELD, FIRST, restarted_often) == Rejoin(copies={0: (80, 100)}, fillers={0: 15})


def test_of_a_log_that_may_be_the_table_s_own_only_what_came_after_the_newest_commit_is_sent_again() -> None:
    log = replace(ANEW, starts={0: 2}, since={0: 5})
    assert plan_rejoin(HELD, None, log) == Rejoin(copies={0: (5, 100)}, fillers={0: 93})


def test_what_was_filled_up_before_is_not_filled_up_twice() -> None:
    assert plan_rejoin(HELD, FIRST, replace(ANEW, ends={0: 100})).fillers == {}
