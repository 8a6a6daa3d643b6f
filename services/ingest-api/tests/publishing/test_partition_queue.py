import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from ingest_api.metrics import Metrics
from ingest_api.publishing.partition_queue import PartitionQueue, Record
from service_kit.testing import wait_until

BATCH_RECORDS = 3


@dataclass
class Builder:
    records: list[bytes] = field(default_factory=list)
    closed: bool = False

    def extend(self, records: Sequence[Record], start: int, timestamp_ms: int) -> int:
        assert not self.closed, "a record went into a batch that is under way"
        taken = records[start : start + BATCH_RECORDS - len(self.records)]
        self.records += [value for _, value in taken]
        return len(taken)

    def close(self) -> None:
        self.closed = True

    def record_count(self) -> int:
        return len(self.records)


class Broker:
    """Takes a batch when `answer` is called."""

    def __init__(self) -> None:
        self.sent: list[list[bytes]] = []
        self.under_way = 0
        self._answers: asyncio.Queue[Exception | None] = asyncio.Queue()

    async def send(self, builder: Builder) -> int:
        assert builder.closed, "a batch under way could still grow"
        self.sent.append(list(builder.records))
        self.under_way += 1
        assert self.under_way == 1, "two batches of one partition at a time"
        try:
            error = await self._answers.get()
        finally:
            self.under_way -= 1
        if error is not None:
            raise error
        return sum(map(len, self.sent[:-1]))

    def answer(self, error: Exception | None = None) -> None:
        self._answers.put_nowait(error)


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def failures() -> list[str]:
    return []


@pytest.fixture
def make_queue(broker: Broker, failures: list[str], metrics: Metrics) -> Callable[[float], PartitionQueue[Builder]]:
    def make(ack_timeout_s: float = 5) -> PartitionQueue[Builder]:
        return PartitionQueue(
            Builder, broker.send, ack_timeout_s=ack_timeout_s, on_failure=failures.append, metrics=metrics
        )

    return make


def append(queue: PartitionQueue[Builder], *values: bytes) -> list[asyncio.Future[str | int]]:
    return queue.append([(b"key", value) for value in values], 0)


async def until_sent(broker: Broker, batches: int) -> None:
    await wait_until(lambda: len(broker.sent) == batches, deadline_s=2, otherwise=f"{batches} batches were not sent")


async def test_what_comes_while_a_batch_is_in_flight_shares_the_next_one(
    make_queue: Callable[..., PartitionQueue[Builder]], broker: Broker
) -> None:
    queue = make_queue()
    [first] = append(queue, b"1")
    await until_sent(broker, 1)
    [second], [third] = append(queue, b"2"), append(queue, b"3")
    assert second is third
    assert not first.done()
    broker.answer()
    assert await first == 1
    broker.answer()
    assert await third == 3
    assert broker.sent == [[b"1"], [b"2", b"3"]]


async def test_full_batches_follow_each_other_in_order(
    make_queue: Callable[..., PartitionQueue[Builder]], broker: Broker
) -> None:
    values = [bytes([n]) for n in range(8)]
    queue = make_queue()
    acknowledgements = append(queue, *values[:2]) + append(queue, *values[2:])
    for _ in range(3):
        broker.answer()
    # The third value went into the first batch, which is waited for by both calls.
    assert await asyncio.gather(*acknowledgements) == [3, 3, 6, 8]
    assert acknowledgements[0] is acknowledgements[1]
    assert [len(batch) for batch in broker.sent] == [3, 3, 2]
    assert [value for batch in broker.sent for value in batch] == values


async def test_after_a_failure_nothing_overtakes_and_nothing_more_is_sent(
    make_queue: Callable[..., PartitionQueue[Builder]], broker: Broker, failures: list[str]
) -> None:
    queue = make_queue()
    acknowledgements = append(queue, *[b"x"] * 5)
    broker.answer(ConnectionError("gone"))
    reasons = await asyncio.gather(*acknowledgements)
    assert all("gone" in str(reason) for reason in reasons)
    assert failures == [reasons[0]]
    [late] = append(queue, b"late")
    assert await late == reasons[0]
    assert len(broker.sent) == 1


async def test_a_batch_that_is_not_acknowledged_in_time_fails(
    make_queue: Callable[..., PartitionQueue[Builder]], broker: Broker, failures: list[str]
) -> None:
    [acknowledgement] = append(make_queue(0.01), b"1")
    assert await acknowledgement == "Kafka did not acknowledge within 0.01 s"
    assert len(failures) == 1


async def test_giving_up_settles_what_is_in_flight_too(
    make_queue: Callable[..., PartitionQueue[Builder]], broker: Broker
) -> None:
    queue = make_queue()
    acknowledgements = append(queue, *[b"x"] * 5)
    await until_sent(broker, 1)
    queue.fail("lost")
    assert await asyncio.gather(*acknowledgements) == ["lost"] * 2
    await wait_until(lambda: broker.under_way == 0, deadline_s=2, otherwise="the batch under way was not given up")
