"""Metrics of the dashboard; each name stands here once, with its meaning."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class Metrics:
    """The instruments of one application."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.consumed = Counter(
            "dashboard_consumed_messages_total",
            "Messages read from Kafka that match the contract, by topic.",
            ("topic",),
            registry=registry,
        )
        self.refused = Counter(
            "dashboard_refused_messages_total",
            "Messages that did not match the contract and were skipped.",
            ("topic",),
            registry=registry,
        )
        self.repeated = Counter(
            "dashboard_repeated_messages_total",
            "Messages with an id that was published before; they are not published again.",
            ("topic",),
            registry=registry,
        )
        self.skipped = Counter(
            "dashboard_skipped_readings_total",
            "Readings that the service skipped because it was far behind.",
            registry=registry,
        )
        self.connections = Gauge("dashboard_live_connections", "Open WebSockets.", registry=registry)
        self.frames_sent = Counter(
            "dashboard_live_frames_sent_total", "Frames written to WebSockets.", registry=registry
        )
        self.conflated = Counter(
            "dashboard_live_conflated_readings_total",
            "Readings that a slow client did not get because a newer one of the sensor replaced them.",
            registry=registry,
        )
        self.streams = Gauge("dashboard_stream_connections", "Clients of /v1/stream and /v1/events.", registry=registry)
        self.stream_frames = Counter(
            "dashboard_stream_frames_sent_total",
            "Frames written to /v1/stream and /v1/events.",
            registry=registry,
        )
        self.stream_errors = Counter(
            "dashboard_stream_errors_total",
            "Requests on /v1/stream that were answered with an error.",
            ("code",),
            registry=registry,
        )
