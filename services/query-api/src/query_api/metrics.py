"""Metrics of this service; each name one literal with its meaning."""

from collections.abc import Callable
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Gauge, Histogram

from query_api.lakehouse.view import ViewStore

ADOPTION_SECONDS: Final = "query_adoption_seconds"
TAIL_ROWS: Final = "query_tail_rows"
TAIL_COMPLETE: Final = "query_tail_complete"
TAIL_REPEATS: Final = "query_tail_repeats"
SNAPSHOT_FILES: Final = "query_snapshot_files"


class Metrics:
    """The instruments of one process."""

    def __init__(self, store: ViewStore, registry: CollectorRegistry = REGISTRY) -> None:
        self.adoption_seconds = Histogram(
            ADOPTION_SECONDS,
            "Time from looking at the table to serving what it holds.",
            registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30),
        )
        self._follow(registry, TAIL_ROWS, "Readings held that no snapshot has yet.", lambda: store.view.tail.rows)
        self._follow(
            registry,
            TAIL_COMPLETE,
            "1 when answers hold the tail, 0 when they come from the snapshot alone.",
            lambda: store.view.tail_is_complete,
        )
        self._follow(
            registry, TAIL_REPEATS, "Repeated deliveries of a reading left out since the start.", lambda: store.repeats
        )
        self._follow(registry, SNAPSHOT_FILES, "Data files of the snapshot held.", lambda: len(store.view.lake.files))

    @staticmethod
    def _follow(registry: CollectorRegistry, name: str, meaning: str, value: Callable[[], float]) -> None:
        Gauge(name, meaning, registry=registry).set_function(value)
