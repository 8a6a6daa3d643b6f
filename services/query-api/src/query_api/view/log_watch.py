"""What the topic's log says of tail and table: do they belong together, stand still, are they about to lose something?

Pure but for what it remembers from one judgement to the next; the consumer asks Kafka and passes the time in.
"""

import time
from collections.abc import Mapping

from iot_contracts.topics import IOT_SENSORS
from iot_domain.retention import expiry_reason, unread
from iot_domain.topic_log import Log, disagreement
from query_api.table.state import TableState
from service_kit.kafka_log import TopicLog
from service_kit.progress import Progress


def topic_problem(table: TableState, log: Log) -> str | None:
    """Why the snapshot's offsets are not of this log, or None."""
    return disagreement(IOT_SENSORS.name, table.committed_offsets or {}, table.filled_from, log)


class LogWatch:
    """Judges each look at the log. Every attribute is a reason for `/readyz`, or None."""

    def __init__(self) -> None:
        self._tail = Progress()
        self._snapshots = Progress()
        self.topic: str | None = None
        self.tail_standstill: str | None = None
        self.snapshot_standstill: str | None = None
        self.expiry: str | None = None

    def judge(
        self,
        log: TopicLog,
        table: TableState,
        positions: Mapping[int, int],
        announced: Mapping[int, int],
        now: float | None = None,
    ) -> None:
        """Look at `log` with the tail read up to `positions`, and commits announced up to the offsets `announced`."""
        now = time.monotonic() if now is None else now
        self.tail_standstill = self._tail.observe(positions, log.ends, now)
        stands = self._snapshots.observe(table.committed_offsets or {}, announced, now)
        self.snapshot_standstill = stands and f"snapshots were announced that are not taken over: {stands}"
        found = unread(table.committed_offsets or {}, log.starts, log.since)
        self.expiry = expiry_reason(IOT_SENSORS, found)
