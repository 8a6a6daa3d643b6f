"""The filter language: what it says, what it refuses, and that it never runs anything."""

import pytest

from iotctl.kafka_tools.predicate import EXAMPLES, MAX_LENGTH, FilterError, compile_filter

READING = {"sensor_type": "temperature", "value": 31.5, "location": "Tangier-Port", "is_anomaly": False, "at": {"n": 2}}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('value>30 and sensor_type=="temperature"', True),
        ("value > 30 and value < 31", False),
        ("30 < value <= 31.5", True),
        ("value < 0 or value > 31", True),
        ("not value > 30", False),
        ('location in ("Tangier-Port", "Tangier-Centre")', True),
        ('"Port" in location', True),
        ('"Port" not in location', False),
        ("value > -5", True),
        ("is_anomaly", False),
        ("is_anomaly == false", True),
        ("not is_anomaly", True),
        ("at.n == 2", True),
        ("value != null", True),
        ("  (value > 30)", True),
    ],
)
def test_what_an_expression_means(expression: str, expected: bool) -> None:
    assert compile_filter(expression)(READING) is expected


@pytest.mark.parametrize(
    "expression",
    ["battery_level < 30", "battery_level >= 30", "battery_level != 30", "battery_level", "at.m == 1", "value.n == 1"],
)
def test_a_missing_field_is_false(expression: str) -> None:
    assert compile_filter(expression)(READING) is False


def test_values_that_cannot_be_compared_are_false() -> None:
    assert compile_filter('value > "high"')(READING) is False
    assert compile_filter("1 in value")(READING) is False


@pytest.mark.parametrize(
    ("expression", "position", "what"),
    [
        ("value = 30", 6, "write `==` for `=`"),
        ("value >", 7, "invalid syntax"),
        ("value > 30 && is_anomaly", 12, "write `and` for `&&`"),
        ("value > 30 and f(value)", 15, "no part of the filter language"),
        ("  value + 1 > 30", 2, "no part of the filter language"),
        ("value is null", 9, "`is` is no part"),
        ("'é' == location or [1][0] == 1", 19, "no part of the filter language"),
        ("value\n> 30", 5, "line break"),
    ],
)
def test_a_wrong_expression_is_told_with_its_position_and_examples(expression: str, position: int, what: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(expression)
    message = str(caught.value)
    assert caught.value.position == position, message
    assert what in message
    assert all(example in message for example in EXAMPLES)


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "().__class__",
        "'a'.upper() == 'A'",
        "[x for x in location]",
        "lambda: 1",
        "f'{value}' == 1",
        "(value := 3) > 2",
        "value if value else 1",
        "location[0] == 'T'",
        "b'x' == location",
        "1j == value",
        "",
        "(" * 400,
        "not " * 240 + "value",
        "v" * (MAX_LENGTH + 1),
        "value == '\0'",
    ],
)
def test_everything_else_is_refused_and_nothing_runs(expression: str) -> None:
    try:
        predicate = compile_filter(expression)
    except FilterError:
        return
    assert expression.startswith("not ")
    assert predicate(READING) is True


def test_the_examples_are_expressions() -> None:
    for example in EXAMPLES:
        compile_filter(example)({})
