"""Consumes `iot-sensors` into the tail and listens to `iot-commits`; without a consumer group, nothing is stored."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from iot_contracts.commits import Commit
from iot_contracts.topics import IOT_COMMITS, IOT_SENSORS
from iot_domain.decoding import MessageDecoder, Refusal
from iot_domain.retention import alarm_since_ms
from query_api.table.state import TableState
from query_api.tail.start_offset import start_offset
from query_api.view.log_watch import LogWatch, topic_problem
from query_api.view.store import ViewStore
from service_kit.kafka import KafkaConnection, started
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
    hold less than one that was given earlier. `committed` is set when a commit of `table` is announced.
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
        self._kafka = KafkaConnection(
            bootstrap_servers,
            activity="reading the tail",
            consequence="new readings are not seen",
            topics=(IOT_SENSORS.name, IOT_COMMITS.name),
            reconnect_interval_s=RETRY_S,
        )
        self._restart = asyncio.Event()
        self._targets: Mapping[int, int] = {}
        self.caught_up = False
        self.ends: Mapping[int, int] = {}
        self.watch = LogWatch()
        self._topic = ("", True)
        self._announced: dict[int, int] = {}

    def restart(self) -> None:
        """Begin anew from the snapshot's offsets: what is held does not join them."""
        self.caught_up = False
        self._restart.set()

    async def missing(self) -> str | None:
        """Why nothing comes from Kafka, or None while it is connected."""
        return await self._kafka.missing()

    @property
    def problem(self) -> str | None:
        """Why Kafka cannot be reached, if so."""
        return self._kafka.reason

    async def run(self) -> None:
        """Consume until cancelled; a broker that is away is tried again every second."""
        await self._kafka.run(self._consume)

    async def _consume(self) -> None:
        client = AIOKafkaConsumer(
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
        async with started(client) as consumer:
            await consumer.seek_to_end(TopicPartition(IOT_COMMITS.name, 0))
            await self._begin(consumer)
            watch = asyncio.create_task(self._watch_ends())
            try:
                while not watch.done():
                    if self._restart.is_set():
                        await self._begin(consumer)
                    await self._poll(consumer)
                watch.result()  # raises what ended it: nobody would say any more that Kafka is away, or is back
            finally:
                watch.cancel()

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        polled = await consumer.getmany(timeout_ms=FETCH_WAIT_MS, max_records=MAX_POLL_RECORDS)
        for source, records in polled.items():
            self._accept(source, records)
        for source in _partitions(consumer):
            # Also past what is no message, as the end of a foreign producer's transaction.
            self._store.advance(source.partition, await consumer.position(source))
        self._note_progress()
        await asyncio.sleep(0)

    async def _begin(self, consumer: AIOKafkaConsumer) -> None:
        """Place the consumer before the committed offsets of the snapshot held, and the store at the same ones."""
        self._restart.clear()
        self.caught_up = False
        partitions = _partitions(consumer)
        table = self._store.view.table
        log = await self._read_log(table)
        log_starts, log_ends = log.starts, log.ends
        at_lookback = await self._lookback_offsets(consumer, partitions)
        committed = self._store.view.table.committed_offsets
        starts = {
            number: start_offset(
                committed_offset=None if committed is None else committed.get(number, 0),
                at_lookback=at_lookback[number],
                log_start=log_starts[number],
                log_end=log_ends[number],
                max_lookback=self._max_lookback_messages // len(partitions),
            )
            for number in at_lookback
        }
        for partition in partitions:
            consumer.seek(partition, starts[partition.partition])
        self._topic = self._identity(table, log)
        self._store.restart(starts, log_ends, is_same_topic=self._topic[1])
        self._targets = self.ends = log_ends
        self._kafka.connected()
        _log.info("consuming the tail", starts=starts, ends=log_ends, committed_offsets=committed)

    async def _lookback_offsets(
        self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
    ) -> dict[int, int | None]:
        snapshot = self._store.view.table.snapshot
        committed_at_s = time.time() if snapshot is None else snapshot.committed_at.timestamp()
        since_ms = int((committed_at_s - self._lookback_s) * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
        return {source.partition: None if at is None else at.offset for source, at in found.items()}

    def _accept(self, source: TopicPartition, records: Sequence[ConsumerRecord]) -> None:
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

    async def _read_log(self, table: TableState) -> TopicLog:
        """The log, with where it left the epochs of `table`: to be compared with that one, not with a newer one."""
        filled_from = table.filled_from
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

    def _identity(self, table: TableState, log: TopicLog) -> tuple[str, bool]:
        """Which topic this is, and whether it is the snapshot's."""
        self.watch.topic = topic_problem(table, log)
        return log.topic_id, self.watch.topic is None

    async def _watch_ends(self) -> None:
        """Ask for the topic's ends now and then: that shows the lag, and whether Kafka answers at all."""
        while True:
            await asyncio.sleep(self._check_interval_s)
            # As they are before the log is read: what comes meanwhile may lie past the ends that Kafka gives.
            table, positions = self._store.view.table, dict(self._store.positions)
            try:
                log = await self._read_log(table)
            except LogUnavailableError as error:
                self._kafka.lost(error)
                continue
            self._kafka.connected()
            self.ends = log.ends
            self.watch.judge(log, table, self._store.positions, self._announced)
            if self._identity(table, log) != self._topic:
                _log.warning("the topic is another one, or fits the table again: reading it anew", why=self.watch.topic)
                self.restart()
            elif any(end < positions.get(number, 0) for number, end in log.ends.items()):
                _log.warning("the topic is shorter than before, reading it anew", ends=self.ends)
                self.restart()


def _partitions(consumer: AIOKafkaConsumer) -> list[TopicPartition]:
    """All partitions of the topic; without a group the consumer has them all, also those added later."""
    return sorted(source for source in consumer.assignment() if source.topic == IOT_SENSORS.name)
