"""What is passed on to query-api, and nothing else."""

from typing import Any

import pytest
from pydantic import ValidationError

from dashboard.history.schemas import ReadingsParameters, StatsParameters


def test_parameters_are_passed_on_under_their_own_names() -> None:
    parameters = StatsParameters.model_validate(
        {"group_by": "sensor_type,location", "from": "2026-03-01T12:00:00+01:00", "sensor_id": "SENSOR_001"}
    )
    assert parameters.to_query() == {
        "group_by": "sensor_type,location",
        "from": "2026-03-01T12:00:00+01:00",
        "sensor_id": "SENSOR_001",
    }


@pytest.mark.parametrize(
    "given",
    [
        {"group_by": "reading_id"},
        {"group_by": "sensor_type;drop"},
        {"source": "table"},
        {"from": "yesterday"},
        {"from": "2026-03-01T12:00:00"},
        {"sensor_id": "a b"},
    ],
)
def test_anything_else_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StatsParameters.model_validate(given)


@pytest.mark.parametrize("given", [{}, {"sensor_id": "A", "limit": 0}, {"sensor_id": "A", "limit": 2001}])
def test_readings_are_asked_of_one_sensor_and_in_bounded_number(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ReadingsParameters.model_validate(given)
