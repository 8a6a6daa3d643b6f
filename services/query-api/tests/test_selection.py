"""Filters of a request."""

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from query_api.selection import MAX_FILTER_VALUES, Selection
from query_api.table.data_files import Needed

MIDNIGHT = "2026-03-01T00:00:00Z"


@pytest.mark.parametrize(
    "time",
    [
        "1772366400",
        "2026-03-01",
        "2026-03-01T12:00:00",
        "yesterday",
        "2026-13-01T00:00:00Z",
        "2026-03-01T12:00:00 01:00",
    ],
)
def test_a_time_is_rfc_3339_with_an_offset_or_refused(time: str) -> None:
    with pytest.raises(ValidationError):
        Selection.model_validate({"from": time})


@pytest.mark.parametrize("time", ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00.000000+01:00", "2026-03-01t12:00:00z"])
def test_times_of_any_offset_are_the_same_instant(time: str) -> None:
    selection = Selection.model_validate({"to": time})
    assert selection.to == Selection.model_validate({"to": "2026-03-01T12:00:00Z"}).to


@pytest.mark.parametrize(
    "parameters",
    [
        {"from": "2026-03-02T00:00:00Z", "to": MIDNIGHT},
        {"sensor": "SENSOR_001"},
        {"sensor_id": ["x"] * (MAX_FILTER_VALUES + 1)},
    ],
)
def test_what_makes_no_sense_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Selection.model_validate(parameters)


def test_files_are_chosen_by_the_same_filters() -> None:
    selection = Selection.model_validate({"from": MIDNIGHT, "to": MIDNIGHT, "sensor_id": ["A", "B"]})
    assert selection.needed() == Needed(start=selection.from_, end=selection.to, sensor_ids=("A", "B"))


def test_a_snapshot_is_named_by_its_id_or_a_time() -> None:
    assert Selection.model_validate({"as_of": "3051729675574597004"}).as_of == 3051729675574597004
    at = Selection.model_validate({"as_of": MIDNIGHT}).as_of
    assert at == Selection.model_validate({"to": MIDNIGHT}).to
    assert isinstance(Selection.model_validate({"as_of": "now-5m"}).as_of, datetime)


@pytest.mark.parametrize("as_of", ["-1", "yesterday", "12345678901234567890", "1.5", ""])
def test_what_is_neither_is_refused(as_of: str) -> None:
    with pytest.raises(ValidationError):
        Selection.model_validate({"as_of": as_of})


def test_a_snapshot_waits_for_nothing() -> None:
    with pytest.raises(ValidationError, match="exclude each other"):
        Selection.model_validate({"as_of": MIDNIGHT, "after": "0:5"})
