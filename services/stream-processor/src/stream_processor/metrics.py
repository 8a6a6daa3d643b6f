"""Metrics of the job."""

from prometheus_client import Counter, Gauge, Histogram

from stream_processor.micro_batch import BatchReport

READINGS_TOTAL = "stream_readings_total"
"""Messages of iot-sensors, by what became of them: stored, invalid, repeated."""
ANOMALIES_TOTAL = "stream_anomalies_total"
"""Readings that detection found anomalous."""
STEP_SECONDS = "stream_batch_step_seconds"
"""How long each step of a micro-batch took."""
LAST_BATCH_TIME = "stream_last_batch_timestamp_seconds"
"""When the newest micro-batch was finished, seconds since the epoch."""


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
