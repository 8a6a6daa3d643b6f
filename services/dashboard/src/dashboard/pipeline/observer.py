"""Asks all services, however many browsers ask, at most once a second, and never when none does."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from dashboard.live.consumer import LiveConsumer
from dashboard.pipeline.answers import Alerts, FleetStatus, HeldStatus, JobStatus, Summary, parse_acceptance
from dashboard.pipeline.schemas import Pipeline
from dashboard.pipeline.service_client import Readiness, ServiceClient
from dashboard.pipeline.stages import Observed, Pipelines

INTERVAL_S = 1.0

A = TypeVar("A")
B = TypeVar("B")


class PipelineObserver:
    """The pipeline as it was at most a second ago. Several who ask at once share one look."""

    def __init__(
        self,
        *,
        simulator: ServiceClient | None,
        ingest: ServiceClient,
        stream: ServiceClient,
        query: ServiceClient,
        consumer: LiveConsumer,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._simulator = simulator
        self._ingest = ingest
        self._stream = stream
        self._query = query
        self._consumer = consumer
        self._now = now
        self._pipelines = Pipelines()
        self._newest: Pipeline | None = None
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def observe(self, own_missing: Callable[[], Awaitable[Mapping[str, str]]]) -> Pipeline:
        """All stages; `own_missing` says what this service itself lacks."""
        async with self._looking:
            # A clock that was set back must not stop the looks.
            if self._newest is None or not 0 <= self._now() - self._looked_at < INTERVAL_S:
                self._looked_at = self._now()
                self._newest = self._pipelines.describe(await self._look(own_missing), self._now())
            return self._newest

    async def _look(self, own_missing: Callable[[], Awaitable[Mapping[str, str]]]) -> Observed:
        (
            (simulator, fleet),
            (ingest, accepted),
            (stream, job),
            (query, held),
            (summary, alerts),
        ) = await asyncio.gather(
            self._ask_simulator(),
            _both(self._ingest.readiness(), self._ingest.text("/metrics", parse_acceptance)),
            _both(self._stream.readiness(), self._stream.json("/v1/status", JobStatus)),
            _both(self._query.readiness(), self._query.json("/v1/status", HeldStatus)),
            _both(self._query.json("/v1/summary", Summary), self._query.json("/v1/alerts?limit=1", Alerts)),
        )
        return Observed(
            simulator=simulator,
            fleet=fleet,
            ingest=ingest,
            accepted=accepted,
            stream=stream,
            job=job,
            query=query,
            held=held,
            summary=summary,
            alerts=alerts,
            kafka_reason=await self._consumer.missing(),
            own_reason="; ".join(f"{name}: {reason}" for name, reason in (await own_missing()).items()) or None,
            ends=self._consumer.ends(),
            positions=self._consumer.positions(),
        )

    async def _ask_simulator(self) -> tuple[Readiness | None, FleetStatus | str | None]:
        if self._simulator is None:
            return None, None
        return await _both(self._simulator.readiness(), self._simulator.json("/v1/status", FleetStatus))


async def _both(first: Awaitable[A], second: Awaitable[B]) -> tuple[A, B]:
    return await asyncio.gather(first, second)
