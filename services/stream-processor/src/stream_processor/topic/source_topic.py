"""Makes sure that the offsets of `iot.readings` are of the topic that is read; else nothing is stored or skipped."""

import asyncio
from collections.abc import Callable, Mapping

from iot_contracts.tables import TOPIC_PROPERTY, FilledFrom
from iot_contracts.topics import IOT_SENSORS
from iot_domain.topic_log import decode_filled_from, disagreement
from service_kit.kafka_log import TopicLog, read_log
from stream_processor.errors import SourceTopicError
from stream_processor.settings import Settings
from stream_processor.tables.catalog import offsets_of
from stream_processor.tables.snapshots import Snapshot

ReadLog = Callable[[Mapping[int, int]], TopicLog | None]
"""Asks Kafka for the log of a topic, and where it left the given epochs. Raises LogUnavailableError."""


def read_log_from_a_thread(settings: Settings, topic: str = IOT_SENSORS.name) -> ReadLog:
    """For the job's thread, which has no event loop of its own: two short connections, some 5 ms."""

    def read(epochs: Mapping[int, int]) -> TopicLog | None:
        servers, timeout_s = settings.kafka_bootstrap_servers, settings.kafka_timeout_s
        return asyncio.run(read_log(servers, topic, timeout_s=timeout_s, epochs=epochs))

    return read


class SourceTopic:
    """The topic that the table is filled from, as the table remembers it and as it is."""

    def __init__(self, read_log: ReadLog) -> None:
        self._read_log = read_log
        self._accepted: tuple[FilledFrom | None, str] | None = None

    def accept(self, remembered: FilledFrom | None, topic_id: str) -> None:
        """Accept this topic as the table's until the table remembers another one: it goes on where the table ends."""
        self._accepted = remembered, topic_id

    def log_behind(self, newest: Snapshot | None) -> TopicLog:
        """The topic's log, which is the one that the table's newest offsets are of.

        Raises SourceTopicError when it is another one, or was cut below those offsets: its new messages would be taken
        for stored. A table that remembers no topic yet takes the one that is there, unless its offsets reach past it.
        """
        filled_from, log = self.remembered_and_there(newest)
        remembered = None if self._accepted == (filled_from, log.topic_id) else filled_from
        reason = disagreement(IOT_SENSORS.name, offsets_of(newest), remembered, log)
        if reason is not None:
            raise SourceTopicError(
                f"{reason}. Nothing is stored until you decide: bring the old topic back, or let this one go on where "
                "the table ends, by POST /v1/rejoin (docs/operations.md, a topic made anew)"
            )
        return log

    def begins(self, newest: Snapshot | None, log: TopicLog) -> Mapping[int, int]:
        """Where this log took over from another one: at the table's offsets when it was accepted; kept from then on."""
        filled_from = filled_from_of(newest)
        if self._accepted == (filled_from, log.topic_id):
            return offsets_of(newest)
        return filled_from.begins if filled_from else {}

    def remembered_and_there(self, newest: Snapshot | None) -> tuple[FilledFrom | None, TopicLog]:
        """What the table remembers, and the log that is there. Raises SourceTopicError when there is none."""
        filled_from = filled_from_of(newest)
        log = self._read_log(filled_from.leader_epochs if filled_from else {})
        if log is None:
            raise SourceTopicError(f"{IOT_SENSORS.name} does not exist; `make up` makes it")
        return filled_from, log


def filled_from_of(newest: Snapshot | None) -> FilledFrom | None:
    """The log that the table is filled from, as a snapshot says; None where it does not."""
    return decode_filled_from(newest.properties.get(TOPIC_PROPERTY)) if newest else None
