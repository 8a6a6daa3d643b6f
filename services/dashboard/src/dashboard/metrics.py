"""Metrics of the dashboard; each name stands here once, with its meaning."""

from prometheus_client import Counter, Gauge

CONSUMED = Counter(
    "dashboard_consumed_messages_total", "Messages taken from Kafka and understood, by topic.", ("topic",)
)
REFUSED = Counter(
    "dashboard_refused_messages_total", "Messages that did not match the contract and were skipped.", ("topic",)
)
REPEATED = Counter(
    "dashboard_repeated_messages_total", "Messages with an id that was shown before, not shown again.", ("topic",)
)
SKIPPED = Counter(
    "dashboard_skipped_readings_total", "Readings that were jumped over because the service was far behind."
)
CONNECTIONS = Gauge("dashboard_live_connections", "Open WebSockets.")
FRAMES_SENT = Counter("dashboard_live_frames_sent_total", "Frames written to WebSockets.")
CONFLATED = Counter(
    "dashboard_live_conflated_readings_total",
    "Readings that a slow client did not get because a newer one of the sensor replaced them.",
)
