import pytest

from ingest_api.errors import OverloadedError
from ingest_api.metrics import Metrics
from ingest_api.readings.in_flight import ByteBudget


def test_what_does_not_fit_is_refused_at_once_and_takes_nothing(metrics: Metrics) -> None:
    budget = ByteBudget(100, metrics.in_flight_bytes)
    budget.take(60)
    with pytest.raises(OverloadedError) as refusal:
        budget.take(41)
    assert (refusal.value.headers, budget.used_bytes) == ({"Retry-After": "1"}, 60)
    budget.take(40)
    budget.give_back(60)
    assert budget.used_bytes == 40
