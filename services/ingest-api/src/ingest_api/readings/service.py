"""Accepts readings, and answers once Kafka has acknowledged them."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Protocol

from uuid_utils.compat import uuid7

from ingest_api.errors import KafkaUnavailableError
from ingest_api.formats.candidates import Candidate
from ingest_api.metrics import Metrics
from ingest_api.readings.rules import Rules
from ingest_api.readings.verdicts import judge
from iot_contracts.problems import IngestResult
from iot_contracts.readings import Reading
from iot_domain.position import Position, encode_position


class ReadingWriter(Protocol):
    """Where accepted readings go."""

    def write(self, readings: Sequence[Reading]) -> Awaitable[Position]:
        """Send `readings`, each sensor's in their order; the result completes once all are acknowledged.

        It is where they end in each partition.
        Raises KafkaUnavailableError, at once or when awaited, when some may not be; any of them may have arrived then.
        """


class ReadingService:
    """Validates and writes the candidates of a request."""

    def __init__(self, writer: ReadingWriter, metrics: Metrics, rules: Rules) -> None:
        self._writer = writer
        self._metrics = metrics
        self._rules = rules

    async def accept(
        self, candidates: Sequence[Candidate], now: datetime, *, body_format: str, all_or_nothing: bool = False
    ) -> IngestResult:
        """Write the valid candidates and return the errors of the others; `all_or_nothing`: write all, or none.

        `body_format` is for the metrics.
        Raises KafkaUnavailableError.
        """
        verdicts = judge(candidates, self._rules, now, uuid7)
        if all_or_nothing:
            verdicts = verdicts.all_or_nothing()
        accepted, rejected, errors = len(verdicts.accepted), verdicts.rejected, verdicts.errors
        position: Position = {}
        try:
            if accepted:
                acknowledged = self._writer.write(verdicts.accepted)
                # The producer has their bytes; hundreds of waiting requests must not keep the objects too.
                del candidates, verdicts
                position = await acknowledged
        except KafkaUnavailableError:
            self._metrics.count_readings("unacknowledged", body_format, accepted)
            raise
        self._metrics.count_readings("accepted", body_format, accepted)
        self._metrics.count_readings("rejected", body_format, rejected)
        return IngestResult(
            accepted=accepted, rejected=rejected, errors=errors, position=encode_position(position) or None
        )
