import msgspec
import pytest

from ingest_api.formats.candidates import rejection


@pytest.mark.parametrize(
    ("message", "pointer", "code"),
    [
        ("Expected `float`, got `str` - at `$.value`", "/value", "invalid_field"),
        ("Object missing required field `unit`", "/unit", "missing_field"),
        ("Expected `object`, got `int`", "", "not_an_object"),
        ("Expected `str` matching regex '^[A-Z` - at `$.x]$' - at `$.sensor_id`", "/sensor_id", "invalid_field"),
    ],
)
def test_a_rejection_points_to_the_field(message: str, pointer: str, code: str) -> None:
    error = rejection(3, msgspec.ValidationError(message))
    assert (error.index, error.pointer, error.code) == (3, pointer, code)
