"""Watches what waits in `iot-sensors`: do the table's offsets move, are unread messages about to expire?"""

import asyncio
import time

from iot_contracts.topics import IOT_SENSORS
from iot_domain.retention import alarm_since_ms, expiry_reason, unread
from service_kit.kafka_log import LogUnavailableError, TopicLog, read_log
from service_kit.logging import get_logger
from service_kit.progress import Progress, standstill_limit_s
from stream_processor.job import StreamingJob
from stream_processor.metrics import Metrics
from stream_processor.settings import Settings

_log = get_logger(__name__)


class TopicWatch:
    """Reads the log every `kafka_check_interval_s`, whatever Spark is doing meanwhile.

    `problem`: why Kafka does not say what waits. `standstill`: that messages wait and nothing is done about them.
    `derivation_standstill`: that stored readings wait for the derived tables. `expiry`: that unread messages are lost,
    or soon will be.
    """

    def __init__(self, settings: Settings, job: StreamingJob, metrics: Metrics) -> None:
        self._settings = settings
        self._job = job
        self._metrics = metrics
        self._progress = Progress(standstill_limit_s(max(settings.trigger_interval_s, settings.quiet_interval_s)))
        self._derivation = Progress(standstill_limit_s(settings.derive_interval_s))
        self.log: TopicLog | None = None
        self.problem: str | None = None
        self.standstill: str | None = None
        self.derivation_standstill: str | None = None
        self.expiry: str | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self._refresh()
                self.judge(time.monotonic())
            except Exception as error:  # a fault must not leave the last result standing for ever
                _log.exception("reading the topic's log failed")
                self.problem = f"reading the log of {IOT_SENSORS.name} failed: {error!r}"
            await asyncio.sleep(self._settings.kafka_check_interval_s)

    async def _refresh(self) -> None:
        try:
            self.log = await read_log(
                self._settings.kafka_bootstrap_servers,
                IOT_SENSORS.name,
                timeout_s=self._settings.kafka_check_interval_s,
                since_ms=alarm_since_ms(time.time(), IOT_SENSORS),
            )
            self.problem = None if self.log else f"{IOT_SENSORS.name} does not exist"
        except LogUnavailableError as error:
            self.problem = str(error)

    def judge(self, now: float) -> None:
        """Compare the table's offsets with the log as last seen: what waited then still does when Kafka is silent."""
        log, batches = self.log, self._job.batches
        if log is None or batches is None:
            return
        committed = {
            partition: batches.committed_offsets.get(partition, start) for partition, start in log.starts.items()
        }
        stands = self._progress.observe(committed, log.ends, now)
        self.standstill = stands and f"{stands}; {self._job.doing(now)}"
        state = self._job.state
        stands = self._derivation.observe(state.derived_offsets, batches.committed_offsets, now)
        self.derivation_standstill = stands and f"{stands}; {state.maintenance_trouble or 'maintenance takes long'}"
        found = unread(batches.committed_offsets, log.starts, log.since)
        self.expiry = expiry_reason(IOT_SENSORS, found)
        self._metrics.observe_waiting(
            sum(max(0, end - committed.get(partition, 0)) for partition, end in log.ends.items()), found
        )
