"""The service's own metrics; the kit counts and times the requests of every route."""

from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Outcome = Literal["accepted", "rejected", "unacknowledged"]
KeyedOutcome = Literal["first", "taken_over", "replayed", "running", "different"]


class Metrics:
    """The metrics; registered once per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.readings = Counter(
            "ingest_readings_total",
            "Readings by format of the body and outcome: accepted (acknowledged by Kafka), rejected (invalid), "
            "unacknowledged (answered 503, may or may not be in Kafka).",
            ("outcome", "format"),
            registry=registry,
        )
        self.body_bytes = Counter(
            "ingest_body_bytes_total", "Bytes of request bodies received, after decompression.", registry=registry
        )
        self.in_flight_bytes = Gauge(
            "ingest_in_flight_bytes",
            "Bytes of the request bodies in progress.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.kafka_ack_seconds = Histogram(
            "ingest_kafka_ack_seconds",
            "Time from sending a batch to Kafka's acknowledgement.",
            registry=registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
        )
        self.kafka_batch_readings = Histogram(
            "ingest_kafka_batch_readings",
            "Readings in one batch sent to one partition.",
            registry=registry,
            buckets=(1, 10, 100, 1_000, 10_000),
        )
        self.kafka_connections = Counter(
            "ingest_kafka_connections_total",
            "Connections to Kafka since the start; more than one means that it was unavailable.",
            registry=registry,
        )
        self.keyed_requests = Counter(
            "ingest_keyed_requests_total",
            "Requests with an Idempotency-Key: first (processed), taken_over (processed again after its worker process "
            "died), replayed (got the stored answer), running (409), different (422).",
            ("outcome",),
            registry=registry,
        )

    def count_readings(self, outcome: Outcome, body_format: str, count: int) -> None:
        """Count `count` readings that came in `body_format` and ended as `outcome`."""
        if count:
            self.readings.labels(outcome, body_format).inc(count)
