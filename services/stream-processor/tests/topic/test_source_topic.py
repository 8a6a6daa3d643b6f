"""Where the log that is there took over from another one, as each snapshot remembers it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from iot_contracts.tables import OFFSETS_PROPERTY, TOPIC_PROPERTY, FilledFrom
from iot_domain.topic_log import encode_filled_from
from service_kit.kafka_log import TopicLog
from stream_processor.tables.snapshots import Snapshot
from stream_processor.topic.source_topic import SourceTopic

FIRST = TopicLog("first", {0: 0}, {0: 9}, {0: 1})
SECOND = TopicLog("second", {0: 0}, {0: 9}, {0: 0})


def snapshot(log: TopicLog, end: int, begins: Mapping[int, int]) -> Snapshot:
    properties = {OFFSETS_PROPERTY: f'{{"0":{end}}}', TOPIC_PROPERTY: encode_filled_from(log, begins)}
    return Snapshot(1, datetime.now(UTC), properties)


def test_a_log_that_was_always_the_table_s_begins_nowhere() -> None:
    assert SourceTopic(lambda _: FIRST).begins(snapshot(FIRST, 3, {}), FIRST) == {}
    assert SourceTopic(lambda _: FIRST).begins(None, FIRST) == {}


def test_a_log_that_was_accepted_begins_where_the_table_ended_then() -> None:
    source = SourceTopic(lambda _: SECOND)
    source.accept(FilledFrom("first", {0: 1}), "second")
    begins = source.begins(snapshot(FIRST, 3, {}), SECOND)
    assert begins == {0: 3}
    assert source.begins(snapshot(SECOND, 5, begins), SECOND) == {0: 3}, "also once the table has gone on"
    assert SourceTopic(lambda _: SECOND).begins(snapshot(SECOND, 5, begins), SECOND) == {0: 3}, "also after a restart"
