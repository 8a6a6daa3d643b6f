"""Consumes `iot-sensors` into the tail and listens to `iot-commits`; without a consumer group, nothing is stored."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from iot_contracts.commits import Commit
from iot_contracts.topics import IOT_COMMITS, IOT_SENSORS
from iot_domain.decoding import MessageDecoder, Refusal
from iot_domain.retention import alarm_since_ms
from query_api.lakehouse.lake import Lake
from query_api.lakehouse.log_watch import LogWatch, topic_problem
from query_api.lakehouse.positions import start_offset
from query_api.lakehouse.view import ViewStore
from service_kit.cancellation import is_being_cancelled
from service_kit.kafka_headers import read_any_header_names
from service_kit.kafka_log import LogUnavailableError, TopicLog, read_log
from service_kit.logging import get_logger

MAX_POLL_RECORDS = 2000
"""Decoded in one go on the event loop: about 25 ms."""
FETCH_WAIT_MS = 1000
RETRY_S = 1.0
RETRY_BACKOFF_MS = 500
_commits = MessageDecoder(Commit)
_log = get_logger(__name__)


class TailConsumer:
    """Keeps the store's tail at the end of the topic.

    `caught_up` is false until what was in the topic at the (re)start has been read: an answer before could
    hold less than one that was given earlier. `problem` says why Kafka cannot be reached, if so.
    `committed` is set when a commit of `table` is announced.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        store: ViewStore,
        *,
        table: str,
        committed: asyncio.Event,
        lookback_s: int,
        max_lookback_messages: int,
        check_interval_s: float,
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._store = store
        self._table = table
        self._committed = committed
        self._lookback_s = lookback_s
        self._max_lookback_messages = max_lookback_messages
        self._check_interval_s = check_interval_s
        self._restart = asyncio.Event()
        self._targets: Mapping[int, int] = {}
        self.caught_up = False
        self.problem: str | None = "not connected to Kafka yet"
        self.ends: Mapping[int, int] = {}
        self.watch = LogWatch()
        self._topic = ("", True)
        self._announced: dict[int, int] = {}

    def restart(self) -> None:
        """Begin anew from the snapshot's offsets: what is held does not join them."""
        self.caught_up = False
        self._restart.set()

    async def run(self) -> None:
        """Consume until cancelled; a broker that is away is tried again every second."""
        # `problem` says it once; the client would say it dozens of times a second.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        read_any_header_names()
        while True:
            consumer = AIOKafkaConsumer(
                IOT_SENSORS.name,
                IOT_COMMITS.name,
                bootstrap_servers=self._bootstrap_servers,
                client_id="query-api",
                auto_offset_reset="earliest",
                enable_auto_commit=False,
                fetch_max_wait_ms=FETCH_WAIT_MS,
                fetch_min_bytes=1,
                retry_backoff_ms=RETRY_BACKOFF_MS,
            )
            try:
                await consumer.start()
                await consumer.seek_to_end(TopicPartition(IOT_COMMITS.name, 0))
                await self._consume(consumer)
            except LogUnavailableError as error:
                self._note_problem(str(error))
            except (KafkaError, OSError) as error:
                self._note_problem(f"Kafka at {self._bootstrap_servers}: {error!r}")
            except Exception as error:  # whatever the topic holds must not end the consuming
                _log.exception("consuming failed, beginning anew")
                self.problem = f"consuming failed: {error!r}"
            finally:
                await _stop(consumer)
            await asyncio.sleep(RETRY_S)

    async def _consume(self, consumer: AIOKafkaConsumer) -> None:
        watch: asyncio.Task[None] | None = None
        try:
            while True:
                await self._begin(consumer)
                watch = watch or asyncio.create_task(self._watch_ends())
                while not self._restart.is_set():
                    if watch.done():
                        watch.result()  # what ended it; nobody would say any more that Kafka is away, or is back
                    polled = await consumer.getmany(timeout_ms=FETCH_WAIT_MS, max_records=MAX_POLL_RECORDS)
                    for source, records in polled.items():
                        self._take(source, records)
                    for source in _partitions(consumer):
                        # Also past what is no message, as the end of a foreign producer's transaction.
                        self._store.advance(source.partition, await consumer.position(source))
                    self._note_progress()
                    await asyncio.sleep(0)
        finally:
            if watch is not None:
                watch.cancel()

    async def _begin(self, consumer: AIOKafkaConsumer) -> None:
        """Place the consumer before the border of the snapshot held, and the store at the same offsets."""
        self._restart.clear()
        self.caught_up = False
        partitions = _partitions(consumer)
        lake = self._store.view.lake
        log = await self._look_at_log(lake)
        log_starts, log_ends = log.starts, log.ends
        at_lookback = await self._lookback_offsets(consumer, partitions)
        border = self._store.view.lake.border
        starts = {
            number: start_offset(
                border=None if border is None else border.get(number, 0),
                at_lookback=at_lookback[number],
                log_start=log_starts[number],
                log_end=log_ends[number],
                max_lookback=self._max_lookback_messages // len(partitions),
            )
            for number in at_lookback
        }
        for partition in partitions:
            consumer.seek(partition, starts[partition.partition])
        self._topic = self._identity(lake, log)
        self._store.restart(starts, log_ends, is_same_topic=self._topic[1])
        self._targets = self.ends = log_ends
        self.problem = None
        _log.info("consuming the tail", starts=starts, ends=log_ends, border=border)

    async def _lookback_offsets(
        self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
    ) -> dict[int, int | None]:
        snapshot = self._store.view.lake.snapshot
        border_time_s = time.time() if snapshot is None else snapshot.committed_at.timestamp()
        since_ms = int((border_time_s - self._lookback_s) * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
        return {source.partition: None if at is None else at.offset for source, at in found.items()}

    def _take(self, source: TopicPartition, records: Sequence[ConsumerRecord]) -> None:
        if source.topic == IOT_COMMITS.name:
            for record in records:
                self._announce(record.value)
        elif records[0].offset < self._store.positions.get(source.partition, records[0].offset + 1):
            _log.warning("offsets went back, or the partition is new: reading the topic anew", source=source)
            self.restart()
        else:
            refused = self._store.extend(source.partition, [(record.offset, record.value) for record in records])
            if refused:
                _log.warning("left out what is no reading", source=source, count=len(refused), first=refused[0])

    def _announce(self, message: bytes | None) -> None:
        commit = _commits.decode(message)
        if isinstance(commit, Refusal):
            _log.warning("a commit message is not what the contract says", detail=commit.detail)
        elif commit.table == self._table:
            self._announced = {int(partition): offset for partition, offset in commit.offsets.items()}
            self._committed.set()

    def _note_progress(self) -> None:
        if not self.caught_up and not self._restart.is_set():
            positions = self._store.positions
            self.caught_up = all(positions[number] >= end for number, end in self._targets.items())

    async def _look_at_log(self, lake: Lake) -> TopicLog:
        """The log, with where it left the epochs of `lake`: to be compared with that one, not with a newer one."""
        filled_from = lake.filled_from
        log = await read_log(
            self._bootstrap_servers,
            IOT_SENSORS.name,
            timeout_s=self._check_interval_s,
            epochs=filled_from.leader_epochs if filled_from else {},
            since_ms=alarm_since_ms(time.time(), IOT_SENSORS),
        )
        if log is None:
            raise LogUnavailableError(f"Kafka at {self._bootstrap_servers} has no topic {IOT_SENSORS.name}")
        return log

    def _identity(self, lake: Lake, log: TopicLog) -> tuple[str, bool]:
        """Which topic this is, and whether it is the snapshot's."""
        self.watch.topic = topic_problem(lake, log)
        return log.topic_id, self.watch.topic is None

    async def _watch_ends(self) -> None:
        """Ask for the topic's ends now and then: that shows the lag, and whether Kafka answers at all."""
        while True:
            await asyncio.sleep(self._check_interval_s)
            # As they are before the look: what is read meanwhile may lie past the ends that Kafka gives.
            lake, positions = self._store.view.lake, dict(self._store.positions)
            try:
                log = await self._look_at_log(lake)
            except LogUnavailableError as error:
                self._note_problem(str(error))
                continue
            self.problem, self.ends = None, log.ends
            self.watch.judge(log, lake, self._store.positions, self._announced)
            if self._identity(lake, log) != self._topic:
                _log.warning("the topic is another one, or fits the table again: reading it anew", why=self.watch.topic)
                self.restart()
            elif any(end < positions.get(number, 0) for number, end in log.ends.items()):
                _log.warning("the topic is shorter than before, reading it anew", ends=self.ends)
                self.restart()

    def _note_problem(self, problem: str) -> None:
        if self.problem is None:
            _log.warning("Kafka is away", problem=problem)
        self.problem = problem


async def _stop(consumer: AIOKafkaConsumer) -> None:
    """Stop it. While a broker is away, aiokafka lets the cancellation of its own fetch out; ours still counts."""
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        if is_being_cancelled():
            raise


def _partitions(consumer: AIOKafkaConsumer) -> list[TopicPartition]:
    """All partitions of the topic; without a group the consumer has them all, also those added later."""
    return sorted(source for source in consumer.assignment() if source.topic == IOT_SENSORS.name)
