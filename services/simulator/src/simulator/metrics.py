"""The simulator's own metrics, read from its tally."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from simulator.delivery.tally import Tally


class TallyCollector(Collector):
    """Each metric, with its meaning."""

    def __init__(self, tally: Tally, buffered: Callable[[], int]) -> None:
        self._tally = tally
        self._buffered = buffered

    def collect(self) -> Iterator[Metric]:
        """The counts as they are now."""
        tally = self._tally
        yield CounterMetricFamily(
            "simulator_readings_generated", "Readings of the fleet, handed to the delivery.", value=tally.generated
        )
        yield CounterMetricFamily(
            "simulator_anomalies", "Of these, with a value that a fault has made wrong.", value=tally.anomalies
        )
        outcomes = CounterMetricFamily(
            "simulator_readings",
            "Readings by outcome: accepted or rejected by ingest-api, dropped (the oldest of a full buffer while "
            "ingest-api was away).",
            labels=("outcome",),
        )
        outcomes.add_metric(("accepted",), tally.accepted)
        outcomes.add_metric(("rejected",), tally.rejected)
        outcomes.add_metric(("dropped",), tally.dropped)
        yield outcomes
        yield CounterMetricFamily(
            "simulator_retries", "Requests that were sent again with the same readings.", value=tally.retries
        )
        yield GaugeMetricFamily(
            "simulator_buffered_readings", "Readings that wait for ingest-api.", value=self._buffered()
        )


def register_metrics(tally: Tally, buffered: Callable[[], int], registry: CollectorRegistry) -> None:
    """Expose the tally."""
    registry.register(TallyCollector(tally, buffered))
