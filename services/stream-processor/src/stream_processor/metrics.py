"""Metrics of the job."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from iot_domain.retention import Unread
from stream_processor.batches.micro_batch import BatchReport


class Metrics:
    """The instruments of one application."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._readings = Counter(
            "stream_readings_total",
            "Messages of iot-sensors, by outcome: stored, invalid, repeated.",
            ("outcome",),
            registry=registry,
        )
        self._anomalies = Counter(
            "stream_anomalies_total", "Readings that detection found anomalous.", registry=registry
        )
        self._steps = Histogram(
            "stream_batch_step_seconds",
            "Time of each step of a micro-batch.",
            ("step",),
            registry=registry,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )
        self._last_batch = Gauge(
            "stream_last_batch_timestamp_seconds", "When the newest micro-batch was finished.", registry=registry
        )
        self._waiting = Gauge(
            "stream_waiting_messages", "Messages of iot-sensors that the table does not hold yet.", registry=registry
        )
        self._expiring = Gauge(
            "stream_expiring_messages", "Waiting messages in the last half of their retention.", registry=registry
        )
        self._expired = Gauge(
            "stream_expired_messages",
            "Messages that expired before they were stored: they are lost.",
            registry=registry,
        )

        self._analyses = Counter(
            "stream_analyses_runs_total",
            "Nightly runs of the analyses: succeeded, failed.",
            ("outcome",),
            registry=registry,
        )
        self._analysed = Gauge(
            "stream_analyses_last_success_timestamp_seconds", "When the newest of them succeeded.", registry=registry
        )

    def count_analyses(self, outcome: str, succeeded_at: datetime | None = None) -> None:
        """Count a nightly run."""
        self._analyses.labels(outcome).inc()
        if succeeded_at:
            self._analysed.set(succeeded_at.timestamp())

    def observe_waiting(self, waiting: int, unread: Unread) -> None:
        """Note what waits in the topic."""
        self._waiting.set(waiting)
        self._expiring.set(unread.expiring)
        self._expired.set(unread.expired)

    def observe(self, report: BatchReport) -> None:
        """Count one finished batch."""
        self._readings.labels("stored").inc(report.stored)
        self._readings.labels("invalid").inc(report.invalid)
        self._readings.labels("repeated").inc(report.repeated)
        self._anomalies.inc(report.anomalies)
        for step, duration_s in report.steps_s.items():
            self._steps.labels(step).observe(duration_s)
        if report.finished_at:
            self._last_batch.set(report.finished_at.timestamp())
