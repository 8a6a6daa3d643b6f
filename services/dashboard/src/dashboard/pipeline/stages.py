"""Makes the stages' figures out of what the services answered. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from dashboard.pipeline.answers import TABLE_CHECK, Acceptance, Alerts, FleetStatus, HeldStatus, JobStatus, Summary
from dashboard.pipeline.rates import RateMeter
from dashboard.pipeline.schemas import DetectionFigures, Fleet, Pipeline, Stage, StageName, TableFigures
from dashboard.pipeline.service_client import Readiness

T = TypeVar("T")
R = TypeVar("R")
Offsets = Mapping[int, int]
"""Partition of iot-sensors → offset."""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What every service answered at one time; in place of an answer stands why there is none."""

    simulator: Readiness | None
    """None: this stack has none."""
    fleet: FleetStatus | str | None
    ingest: Readiness
    accepted: Acceptance | str
    stream: Readiness
    job: JobStatus | str
    query: Readiness
    held: HeldStatus | str
    summary: Summary | str
    alerts: Alerts | str
    kafka_reason: str | None
    """Why this service gets nothing from Kafka; then `ends` are old."""
    own_reason: str | None
    ends: Offsets
    positions: Offsets
    """Where this service has read to."""


class Pipelines:
    """Keeps what rates are made of between one look and the next."""

    def __init__(self) -> None:
        self._meters: dict[StageName, RateMeter] = {}

    def describe(self, seen: Observed, now: float) -> Pipeline:
        """All stages at `now`, in seconds since the epoch."""
        ends = seen.ends if seen.kafka_reason is None else None
        flow = self._rate("kafka", _total(ends), now)
        return Pipeline(
            observed_at=datetime.fromtimestamp(now, UTC),
            stages=[
                self._simulator(seen, now),
                self._ingest(seen, now),
                _stage("kafka", Readiness(answers=True, reason=seen.kafka_reason), None, flow),
                self._stream(seen, now, ends, flow),
                self._tables(seen, now, ends, flow),
                self._query(seen, now, ends, flow),
                self._dashboard(seen, now, ends, flow),
            ],
            fleet=_of(seen.fleet, lambda it: Fleet(running=it.running, sensors=it.sensors, rate_per_s=it.rate_per_s)),
            table=_of(seen.held, lambda held: _table(held, now)),
            detection=_detection(seen),
        )

    def _simulator(self, seen: Observed, now: float) -> Stage:
        if seen.simulator is None:
            return Stage(name="simulator", health="absent", reason=None, rate_per_s=None, lag_messages=None, lag_s=None)
        rate = self._rate("simulator", _of(seen.fleet, lambda fleet: fleet.accepted), now)
        # What waits here was measured at the rate that the fleet is set to.
        pace = _of(seen.fleet, lambda fleet: fleet.rate_per_s if fleet.running else None)
        waiting = _of(seen.fleet, lambda fleet: fleet.buffered)
        return _stage("simulator", seen.simulator, _reason(seen.fleet), rate, waiting, pace)

    def _ingest(self, seen: Observed, now: float) -> Stage:
        """Nothing waits in ingest-api: it answers when Kafka has what was posted."""
        rate = self._rate("ingest-api", _of(seen.accepted, lambda it: it.accepted), now)
        return _stage("ingest-api", seen.ingest, _reason(seen.accepted), rate)

    def _stream(self, seen: Observed, now: float, ends: Offsets | None, flow: float | None) -> Stage:
        offsets = _of(seen.job, lambda job: job.offsets)
        finished_at = _of(seen.job, lambda job: job.last_batch.finished_at if job.last_batch is not None else None)
        rate = self._rate("stream-processor", _total(offsets), now, finished_at)
        return _stage("stream-processor", seen.stream, _reason(seen.job), rate, _behind(ends, offsets), flow)

    def _tables(self, seen: Observed, now: float, ends: Offsets | None, flow: float | None) -> Stage:
        snapshot = _of(seen.held, lambda held: held.snapshot)
        rows = _of(seen.held, lambda held: held.rows.cold + held.rows.recent)
        rate = self._rate("tables", rows, now, _of(snapshot, lambda it: it.committed_at))
        offsets = _of(seen.held, lambda held: {} if held.snapshot is None else held.snapshot.offsets)
        lag = _behind(ends, offsets)
        return _stage("tables", _table_readiness(seen), _reason(seen.held), rate, lag, flow)

    def _query(self, seen: Observed, now: float, ends: Offsets | None, flow: float | None) -> Stage:
        offsets = _of(seen.held, lambda held: held.offsets)
        rate = self._rate("query-api", _total(offsets), now)
        return _stage("query-api", seen.query, _reason(seen.held), rate, _behind(ends, offsets), flow)

    def _dashboard(self, seen: Observed, now: float, ends: Offsets | None, flow: float | None) -> Stage:
        rate = self._rate("dashboard", _total(seen.positions), now)
        readiness = Readiness(answers=True, reason=seen.own_reason)
        return _stage("dashboard", readiness, None, rate, _behind(ends, seen.positions), flow)

    def _rate(self, name: StageName, total: float | None, now: float, grown_at: datetime | None = None) -> float | None:
        if total is None:
            self._meters.pop(name, None)
            return None
        meter = self._meters.setdefault(name, RateMeter())
        return meter.look(total, now, None if grown_at is None else grown_at.timestamp())


def _stage(
    name: StageName,
    readiness: Readiness,
    figures_reason: str | None,
    rate_per_s: float | None,
    lag_messages: int | None = None,
    pace_per_s: float | None = None,
) -> Stage:
    """A stage; one that says it is ready and gives no figures has not answered."""
    reason = readiness.reason or figures_reason
    answers = readiness.answers and (readiness.reason is not None or figures_reason is None)
    return Stage(
        name=name,
        health="no_answer" if not answers else "ready" if reason is None else "not_ready",
        reason=reason,
        rate_per_s=None if rate_per_s is None else round(rate_per_s, 3),
        lag_messages=lag_messages,
        lag_s=_lag_s(lag_messages, pace_per_s),
    )


def _table_readiness(seen: Observed) -> Readiness:
    """query-api reads the table for everybody: what it says of it, or why it says nothing."""
    if not seen.query.answers or isinstance(seen.held, str):
        return seen.query
    return Readiness(answers=True, reason=seen.held.missing.get(TABLE_CHECK))


def _of(answer: T | str | None, figure: Callable[[T], R]) -> R | None:
    """A figure of an answer; None where there is no answer."""
    return None if answer is None or isinstance(answer, str) else figure(answer)


def _reason(answer: object) -> str | None:
    return answer if isinstance(answer, str) else None


def _total(offsets: Offsets | None) -> int | None:
    return sum(offsets.values()) if offsets else None


def _behind(ends: Offsets | None, positions: Offsets | None) -> int | None:
    """Messages between `positions` and `ends`; the two were not read at the very same time."""
    if ends is None or positions is None:
        return None
    return sum(max(0, end - positions.get(partition, 0)) for partition, end in ends.items())


def _lag_s(messages: int | None, pace_per_s: float | None) -> float | None:
    if not messages:
        return messages
    return round(messages / pace_per_s, 1) if pace_per_s else None


def _table(held: HeldStatus, now: float) -> TableFigures:
    committed_at = None if held.snapshot is None else held.snapshot.committed_at
    return TableFigures(
        committed_at=committed_at,
        age_s=None if committed_at is None else round(max(0.0, now - committed_at.timestamp()), 1),
        files=held.files,
        snapshots=held.snapshots,
        rows=held.rows.cold + held.rows.recent,
        tail=held.rows.tail,
    )


def _detection(seen: Observed) -> DetectionFigures:
    return DetectionFigures(
        anomalies=_of(seen.summary, lambda summary: summary.anomalies),
        anomalies_24h=_of(seen.summary, lambda summary: summary.anomalies_24h),
        open_high=_of(seen.alerts, lambda alerts: alerts.open.high),
        open_medium=_of(seen.alerts, lambda alerts: alerts.open.medium),
        open_low=_of(seen.alerts, lambda alerts: alerts.open.low),
        derived_at=_of(seen.job, lambda job: job.derived_at),
        reason=_reason(seen.summary) or _reason(seen.alerts),
    )
