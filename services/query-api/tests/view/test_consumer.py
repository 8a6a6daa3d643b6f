"""What the look at the topic's end makes the consumer do. What a real broker says: tests/integration."""

import asyncio

import pytest

from query_api.table.state import TableState
from query_api.view.consumer import TailConsumer
from query_api.view.store import ViewStore
from service_kit.kafka_log import TopicLog
from service_kit.testing import wait_until


class Looking(TailConsumer):
    """Is told that the topic ends `behind` what was read up to then; one message more is read before it is told."""

    def __init__(self, store: ViewStore, behind: int) -> None:
        super().__init__(
            "nowhere:9092",
            store,
            table="iot.readings",
            committed=asyncio.Event(),
            lookback_s=1,
            max_lookback_messages=1,
            check_interval_s=0.001,
        )
        self._tail, self._behind, self.reads = store, behind, 0

    async def _read_log(self, state: TableState) -> TopicLog:
        read_up_to = self._tail.positions[0]
        self._tail.advance(0, read_up_to + 1)
        self.reads += 1
        log = TopicLog("one", {0: 0}, {0: read_up_to - self._behind}, {0: 1}, since={0: 0})
        self._topic = self._identity(state, log)
        return log


@pytest.fixture
def store() -> ViewStore:
    store = ViewStore(max_tail_rows=9, seen_ids=9)
    store.restart({0: 10}, {0: 10})
    return store


async def looked(consumer: Looking, reads: int) -> bool:
    """Whether it began anew after so many reads."""
    consumer.caught_up = True
    watching = asyncio.create_task(consumer._watch_ends())
    await wait_until(lambda: consumer.reads > reads, deadline_s=5, otherwise="it does not look")
    watching.cancel()
    return not consumer.caught_up


async def test_what_is_read_while_the_ends_are_asked_for_makes_no_topic_shorter(store: ViewStore) -> None:
    assert not await looked(Looking(store, behind=0), reads=1)


async def test_a_topic_that_is_shorter_than_what_was_read_is_read_anew(store: ViewStore) -> None:
    assert await looked(Looking(store, behind=1), reads=1)
