"""Consumes `iot-alerts` into the database: transitions and the offset after them in one transaction."""

from collections.abc import Awaitable, Callable, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from iot_contracts.alerts import AlertTransition
from iot_contracts.topics import IOT_ALERTS
from iot_domain.decoding import MessageDecoder, Refusal
from query_api.alerts.repository import apply_transitions
from query_api.database.connection import Database
from query_api.database.positions import lock_position, move_position, start_of
from query_api.errors import DatabaseUnavailableError
from query_api.inhibitions.repository import lock_decisions
from service_kit.kafka import KafkaConnection, check_progress, started
from service_kit.kafka_log import LogUnavailableError, read_log
from service_kit.logging import get_logger
from service_kit.progress import Progress

MAX_POLL_RECORDS = 500
FETCH_WAIT_MS = 500
IDLE_CHECK_MS = 5000
REQUEST_TIMEOUT_S = 5.0
STALLED_AFTER_S = 60.0
RETRY_S = 1.0
OnApplied = Callable[[AsyncSession, Sequence[AlertTransition]], Awaitable[None]]
"""What else belongs into the transaction that applies new transitions: their notifications."""
_decode = MessageDecoder(AlertTransition)
_log = get_logger(__name__)


class PositionMovedError(Exception):
    """Another process has applied what was just read: begin at its position."""


class AlertsConsumer:
    """Applies every transition exactly once, whatever dies meanwhile: the offset is in the database, not in Kafka."""

    def __init__(self, bootstrap_servers: str, database: Database, on_applied: OnApplied) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._database = database
        self._on_applied = on_applied
        self._kafka = KafkaConnection(
            bootstrap_servers,
            activity="reading alerts",
            consequence="new alerts are not seen",
            topics=(IOT_ALERTS.name,),
            reconnect_interval_s=RETRY_S,
        )
        self.refused = 0
        """Messages that are no transitions, or that the database refuses, since the start."""

    async def missing(self) -> str | None:
        """For `/readyz`: why nothing comes from Kafka, or None."""
        return await self._kafka.missing()

    async def run(self) -> None:
        """Consume until cancelled."""
        await self._kafka.run(self._consume)

    async def _consume(self) -> None:
        await self._database.ready()
        client = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap_servers,
            client_id="query-api-alerts",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            isolation_level="read_committed",
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        async with started(client) as consumer:
            try:
                topic_id = await self._begin(consumer)
                await self._poll_forever(consumer, topic_id)
            except (DatabaseUnavailableError, PositionMovedError) as error:
                _log.warning("reading alerts again from the position in the database", why=str(error))

    async def _begin(self, consumer: AIOKafkaConsumer) -> str:
        """Place the consumer at the positions in the database; returns the topic's id."""
        log = await read_log(self._bootstrap_servers, IOT_ALERTS.name, timeout_s=REQUEST_TIMEOUT_S)
        if log is None:
            raise LogUnavailableError(f"Kafka at {self._bootstrap_servers} has no topic {IOT_ALERTS.name}")
        partitions = [TopicPartition(IOT_ALERTS.name, number) for number in sorted(log.ends)]
        consumer.assign(partitions)
        for one in partitions:
            async with self._database.transaction() as session:
                start = await start_of(session, one.topic, one.partition, log)
            consumer.seek(one, start)
        self._kafka.connected()
        return log.topic_id

    async def _poll_forever(self, consumer: AIOKafkaConsumer, topic_id: str) -> None:
        progress = Progress(STALLED_AFTER_S)
        while True:
            polled = await consumer.getmany(timeout_ms=IDLE_CHECK_MS, max_records=MAX_POLL_RECORDS)
            for source, records in polled.items():
                await self._apply(source, records, topic_id)
            if not polled:
                standstill = await check_progress(consumer, consumer.assignment(), progress, REQUEST_TIMEOUT_S)
                self._kafka.lost(standstill) if standstill else self._kafka.connected()

    async def _apply(self, source: TopicPartition, records: Sequence[ConsumerRecord], topic_id: str) -> None:
        try:
            await self._apply_in_one(source, records, topic_id)
        except DBAPIError as error:
            if len(records) == 1:
                self._refuse(records[0], f"the database refuses it: {error.orig}")
                await self._apply_in_one(source, (), topic_id, next_offset=records[0].offset + 1)
                return
            for record in records:  # one that the database refuses must not stop the others
                await self._apply(source, (record,), topic_id)

    async def _apply_in_one(
        self,
        source: TopicPartition,
        records: Sequence[ConsumerRecord],
        topic_id: str,
        next_offset: int | None = None,
    ) -> None:
        """Transitions, notifications and position in one transaction: all or nothing."""
        end = records[-1].offset + 1 if next_offset is None else next_offset
        begin = records[0].offset if records else end - 1
        transitions = self._decoded(records)
        async with self._database.transaction() as session:
            position = await lock_position(session, source.topic, source.partition, topic_id)
            if position is not None and position > begin:
                raise PositionMovedError(f"offset {position} was expected, {begin} was read")
            if transitions:
                await lock_decisions(session)
                applied = await apply_transitions(session, transitions)
                if applied:
                    await self._on_applied(session, applied)
            await move_position(session, source.topic, source.partition, topic_id, end)

    def _decoded(self, records: Sequence[ConsumerRecord]) -> list[AlertTransition]:
        """The transitions of a poll; what is none is counted, and named once a poll."""
        decoded = [(record, _decode.decode(record.value)) for record in records]
        refused = [(record, one) for record, one in decoded if isinstance(one, Refusal)]
        if refused:
            self._refuse(refused[0][0], refused[0][1].detail, len(refused))
        return [one for _, one in decoded if not isinstance(one, Refusal)]

    def _refuse(self, record: ConsumerRecord, why: str, count: int = 1) -> None:
        self.refused += count
        _log.warning("messages of iot-alerts are left out", count=count, first=record.offset, detail=why)
