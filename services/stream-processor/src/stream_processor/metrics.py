"""Metrics of the job."""

from prometheus_client import Counter, Gauge, Histogram

from iot_domain.retention import Unread
from stream_processor.micro_batch import BatchReport

READINGS_TOTAL = "stream_readings_total"
"""Messages of iot-sensors, by what became of them: stored, invalid, repeated."""
ANOMALIES_TOTAL = "stream_anomalies_total"
"""Readings that detection found anomalous."""
STEP_SECONDS = "stream_batch_step_seconds"
"""How long each step of a micro-batch took."""
LAST_BATCH_TIME = "stream_last_batch_timestamp_seconds"
"""When the newest micro-batch was finished, seconds since the epoch."""

WAITING_MESSAGES = "stream_waiting_messages"
"""Messages of iot-sensors that the table does not hold yet."""
EXPIRING_MESSAGES = "stream_expiring_messages"
"""Those of them that are in the last half of the time for which Kafka keeps them."""
EXPIRED_MESSAGES = "stream_expired_messages"
"""Messages between the table's offsets and the oldest one in Kafka: they are lost."""


class Metrics:
    """The job's metrics, registered once per process."""

    def __init__(self) -> None:
        self._readings = Counter(READINGS_TOTAL, "Messages of iot-sensors, by outcome.", ("outcome",))
        self._anomalies = Counter(ANOMALIES_TOTAL, "Readings that detection found anomalous.")
        self._steps = Histogram(
            STEP_SECONDS,
            "Time of each step of a micro-batch.",
            ("step",),
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )
        self._last_batch = Gauge(LAST_BATCH_TIME, "When the newest micro-batch was finished.")

        self._waiting = Gauge(WAITING_MESSAGES, "Messages of iot-sensors that the table does not hold yet.")
        self._expiring = Gauge(EXPIRING_MESSAGES, "Waiting messages in the last half of their retention.")
        self._expired = Gauge(EXPIRED_MESSAGES, "Messages that expired before they were stored.")

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
