"""Metrics of this service; each name one literal with its meaning."""

from prometheus_client import CollectorRegistry, Gauge, Histogram

from query_api.view.store import ViewStore


class Metrics:
    """The instruments of one process."""

    def __init__(self, store: ViewStore, registry: CollectorRegistry) -> None:
        self.refresh_seconds = Histogram(
            "query_refresh_seconds",
            "Time from reading the table's metadata to serving what it holds.",
            registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30),
        )
        Gauge("query_tail_rows", "Readings held that no snapshot has yet.", registry=registry).set_function(
            lambda: store.view.tail.rows
        )
        Gauge(
            "query_tail_complete",
            "1 when answers hold the tail, 0 when they come from the snapshot alone.",
            registry=registry,
        ).set_function(lambda: store.view.tail_is_complete)
        Gauge(
            "query_tail_repeats", "Repeated deliveries of a reading left out since the start.", registry=registry
        ).set_function(lambda: store.repeats)
        Gauge(
            "query_tail_refused",
            "Messages of the tail that are no readings, left out since the start.",
            registry=registry,
        ).set_function(lambda: store.refused)
        Gauge("query_snapshot_files", "Data files of the snapshot held.", registry=registry).set_function(
            lambda: len(store.view.table.files)
        )
