import pytest

from ingest_api.errors import OverloadedError
from ingest_api.metrics import Metrics
from ingest_api.readings.byte_budget import ByteBudget


def test_what_does_not_fit_is_refused_at_once_and_takes_nothing(metrics: Metrics) -> None:
    budget = ByteBudget(100, metrics.in_flight_bytes)
    budget.acquire(60)
    with pytest.raises(OverloadedError) as refusal:
        budget.acquire(41)
    assert (refusal.value.headers, budget.used_bytes) == ({"Retry-After": "1"}, 60)
    budget.acquire(40)
    budget.release(60)
    assert budget.used_bytes == 40
