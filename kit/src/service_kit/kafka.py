"""The lifecycle of a Kafka client: connect, say what is missing, notice a silent broker, reconnect, stop."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from aiokafka.partitioner import murmur2

from service_kit.kafka_headers import read_any_header_names
from service_kit.kafka_log import LogUnavailableError
from service_kit.logging import get_logger
from service_kit.progress import Progress

AWAY = (KafkaError, OSError, LogUnavailableError)
"""What is raised while no broker answers; TimeoutError is an OSError."""
Client = TypeVar("Client", AIOKafkaConsumer, AIOKafkaProducer)
_log = get_logger(__name__)


class KafkaConnection:
    """Keeps one client of a service connected, and knows why it is not.

    Logs and `/readyz` say `activity` ("reading from Kafka"), `topics` and `consequence`: what the service cannot do
    meanwhile. `describe` makes a reason of an exception; the default suits most clients.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        *,
        activity: str,
        consequence: str,
        topics: Sequence[str] = (),
        reconnect_interval_s: float,
        describe: Callable[[BaseException], str] | None = None,
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._activity = activity
        self._consequence = consequence
        self._topics = topics
        self._reconnect_interval_s = reconnect_interval_s
        self._describe = describe or self._describe_failure
        self._attempted = asyncio.Event()
        self.reason: str | None = "not connected to Kafka yet"
        """Why there is no connection, or None while there is one."""

    async def missing(self) -> str | None:
        """For `/readyz`: why there is no connection and what that means, or None."""
        return self.reason and f"{self.reason}; {self._consequence}"

    async def attempted(self) -> None:
        """Return once the first attempt to connect has ended, successfully or not."""
        await self._attempted.wait()

    async def run(self, serve: Callable[[], Awaitable[None]]) -> None:
        """Call `serve` until cancelled: at once when it returns, after the interval when it raises.

        `serve` connects, calls `connected`, and works until the connection is lost.
        """
        # `lost` logs once what the client would log at every attempt.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        read_any_header_names()
        while True:
            try:
                await serve()
                continue
            except asyncio.CancelledError as error:
                if _is_being_cancelled():
                    raise
                self.lost(error)
            except Exception as error:  # whatever it is, the remedy is to connect again
                self.lost(error)
                if not isinstance(error, AWAY):
                    _log.error("kafka client failed", activity=self._activity, exc_info=error)
            await asyncio.sleep(self._reconnect_interval_s)

    def connected(self) -> None:
        """Note that the client works; cheap enough for every poll."""
        if self.reason is not None:
            _log.info("connected to kafka", activity=self._activity, bootstrap_servers=self._bootstrap_servers)
            self.reason = None
            self._attempted.set()

    def lost(self, why: str | BaseException) -> None:
        """Note why the client does not work; a new reason is logged."""
        reason = why if isinstance(why, str) else self._describe(why)
        if reason != self.reason:
            _log.warning("kafka unavailable", activity=self._activity, reason=reason, consequence=self._consequence)
        self.reason = reason
        self._attempted.set()

    def _describe_failure(self, error: BaseException) -> str:
        match error:
            case LogUnavailableError():
                return str(error)
            case asyncio.CancelledError():
                return f"the connection to Kafka at {self._bootstrap_servers} broke"
            case UnknownTopicOrPartitionError():
                return f"Kafka at {self._bootstrap_servers} lacks one of the topics {', '.join(self._topics)}"
            case KafkaError() | OSError():
                return f"no answer from Kafka at {self._bootstrap_servers} ({type(error).__name__})"
            case _:
                return f"{self._activity} failed ({type(error).__name__}: {error})"


@asynccontextmanager
async def started(client: Client, timeout_s: float | None = None) -> AsyncIterator[Client]:
    """The client, connected as long as the block lasts.

    Raises what its `start` raises, and TimeoutError when that takes longer than `timeout_s`.
    """
    try:
        async with asyncio.timeout(timeout_s):
            await client.start()
        yield client
    finally:
        await stop(client)


async def stop(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Stop a client. While a broker is away, aiokafka lets the cancellation of its own fetch out: that is dropped."""
    try:
        await client.stop()
    except asyncio.CancelledError:
        if _is_being_cancelled():
            raise


async def check_progress(
    consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition], progress: Progress, timeout_s: float
) -> str | None:
    """Ask the broker, which may be silent because it is away, and say why the consumer stands still, or None.

    Raises KafkaError or TimeoutError when the broker does not answer within `timeout_s`.
    """
    async with asyncio.timeout(timeout_s):
        ends = await consumer.end_offsets(partitions)
        # Not the offsets of the messages received: a partition may end in what is no message, such as the end of a
        # foreign producer's transaction.
        positions = {partition: await consumer.position(partition) for partition in partitions}
    return progress.observe(positions, ends, time.monotonic())


def partition_of(key: bytes, partitions: int) -> int:
    """The partition that Kafka's default partitioner gives a key: murmur2 without its sign, as in the Java client."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


def _is_being_cancelled() -> bool:
    """Whether the current task was asked to end; a CancelledError otherwise came out of something that it awaited."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
