from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.formats.quantities import Defaults
from ingest_api.formats.senml import decode
from ingest_api.readings.catalogue import load_bounded
from iot_contracts.problems import ItemError
from iot_contracts.readings import SubmittedReading

DEFAULTS = Defaults(load_bounded(None, {}), "unknown")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,12}", fullmatch=True)
FLOATS = st.floats(-1e6, 1e6)
INSTANTS = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


def resolve(pack: list[dict[str, Any]]) -> list[Any]:
    return list(decode(msgspec.json.encode(pack), 100, DEFAULTS, NOW))


def resolve_one(*records: dict[str, Any]) -> SubmittedReading:
    found = resolve(list(records))[-1]
    assert isinstance(found, SubmittedReading), found
    return found


@given(NAMES, NAMES, NAMES, FLOATS, INSTANTS)
def test_a_reading_as_a_record_comes_back(location: str, sensor: str, kind: str, value: float, at: datetime) -> None:
    found = resolve_one({"n": f"{location}/{sensor}/{kind}", "u": "m", "v": value, "t": at.timestamp()})
    assert (found.location, found.sensor_id, found.sensor_type) == (location, sensor, kind)
    assert (found.value, found.unit) == (value, "m")
    assert isinstance(found.timestamp, datetime)
    assert abs(found.timestamp - at) <= timedelta(microseconds=1)


@given(st.lists(st.tuples(NAMES, FLOATS, st.integers(0, 1000)), min_size=1, max_size=6), st.integers(0, 100))
def test_base_fields_say_the_same_as_the_fields_they_stand_for(
    records: list[tuple[str, float, int]], base_value: int
) -> None:
    base = {"bn": "here/S1/", "bt": 1772366400, "bu": "m", "bv": base_value}
    short = [{"n": kind, "v": value, "t": seconds} for kind, value, seconds in records]
    long = [
        {"n": f"here/S1/{kind}", "u": "m", "v": base_value + value, "t": 1772366400 + seconds}
        for kind, value, seconds in records
    ]
    assert resolve([base | short[0], *short[1:]]) == resolve(long) == resolve([base, *short])


@pytest.mark.parametrize(
    ("record", "sensor_id", "sensor_type", "location"),
    [
        ({"n": "urn:dev:ow:10e2073a01080063", "u": "Cel"}, "urn:dev:ow:10e2073a01080063", "temperature", "unknown"),
        ({"bn": "urn:dev:ow:1:", "n": "voltage", "u": "V"}, "urn:dev:ow:1", "voltage", "unknown"),
        ({"bn": "S1", "u": "%RH"}, "S1", "humidity", "unknown"),
        ({"bn": "2001:db8::2/", "n": "temperature"}, "2001:db8::2", "temperature", "unknown"),
        ({"bn": "Tangier/Port/", "n": "S1/light"}, "S1", "light", "Tangier/Port"),
        ({"bn": "S1", "n": "light"}, "S1", "light", "unknown"),
        ({"bn": "S1-", "n": "light"}, "S1-", "light", "unknown"),
        ({"bn": "S1:", "n": "light"}, "S1:", "light", "unknown"),
    ],
)
def test_a_name_tells_sensor_type_and_location(
    record: dict[str, Any], sensor_id: str, sensor_type: str, location: str
) -> None:
    found = resolve_one(record | {"v": 1})
    assert (found.sensor_id, found.sensor_type, found.location) == (sensor_id, sensor_type, location)


@given(*[st.text("a1:-._", min_size=1, max_size=5).map(lambda text: f"S{text}")] * 2, st.sampled_from(["t", "1t"]))
def test_base_names_that_differ_stay_different_sensors(one: str, other: str, name: str) -> None:
    first, second = (resolve_one({"bn": base_name, "n": name, "v": 1}) for base_name in (one, other))
    assert (first.sensor_id == second.sensor_id) == (one == other)


@pytest.mark.parametrize(
    "record",
    [
        {"n": "a//b"},
        {"n": "a/b/"},
        {"n": "/a/b"},
        {"bn": "S1/", "u": "Cel"},
        {"bn": "L/S1/"},
        {"n": "a b/S1/t"},
        {"n": "é/S1/t"},
        {"n": "-a/S1/t"},
    ],
)
def test_a_name_that_the_mapping_would_make_anothers_is_refused(record: dict[str, Any]) -> None:
    before, found, after = resolve([{"n": "S1/t", "v": 1}, record | {"v": 1}, {"bn": "", "n": "S1/t", "v": 1}])
    assert (found.index, found.pointer) == (1, "/n")
    assert isinstance(before, SubmittedReading)
    assert isinstance(after, SubmittedReading)


@pytest.mark.parametrize(
    ("kind", "symbol", "value", "expected"),
    [
        ("temperature", "Cel", 21.5, (21.5, "Celsius")),
        ("temperature", "K", 300.0, (26.85, "Celsius")),
        ("color_temperature", "K", 4000.0, (4000.0, "K")),
        ("pressure", "Pa", 101325.0, (1013.25, "hPa")),
        ("humidity", "%RH", 63.0, (63.0, "%")),
        ("light", "lx", 500.0, (500.0, "lux")),
        ("light", None, 500.0, (500.0, "lux")),
        ("clicks", None, 5.0, (5.0, "1")),
    ],
)
def test_a_unit_becomes_the_types_own(kind: str, symbol: str | None, value: float, expected: tuple[float, str]) -> None:
    unit = {"u": symbol} if symbol else {}
    found = resolve_one({"n": f"S1/{kind}", "v": value} | unit)
    assert (round(found.value, 9), found.unit) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, NOW),
        (-5.5, NOW - timedelta(seconds=5.5)),
        (2**28 - 1, NOW + timedelta(seconds=2**28 - 1)),
        (2**28, datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=2**28)),
    ],
)
def test_a_time_below_two_to_the_28_is_relative_to_now(seconds: float, expected: datetime) -> None:
    found = resolve_one({"n": "S1/t", "v": 1, "t": seconds})
    assert found.timestamp == expected
    assert (found.reading_id is None) == (seconds < 2**28)


def test_a_boolean_is_zero_or_one_and_base_value_is_for_numbers() -> None:
    assert [
        r.value for r in resolve([{"bn": "S1/", "bv": 5, "n": "door", "vb": True}, {"n": "door", "vb": False}])
    ] == [
        1.0,
        0.0,
    ]


def test_a_record_that_is_wrong_leaves_the_others() -> None:
    found = resolve([{"bn": "S1/", "n": "a", "v": 1}, {"n": "b"}, {"n": "c", "v": 3}])
    assert [isinstance(item, ItemError) for item in found] == [False, True, False]
    assert found[1].index == 1


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["bn", "bt", "n", "u", "t", "v", "vb", "x_"]),
            st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)),
            max_size=5,
        ),
        max_size=5,
    )
)
def test_any_pack_is_resolved_or_refused(pack: list[dict[str, Any]]) -> None:
    assert len(resolve(pack)) <= len(pack)


DEEP = "[" * 200_000 + '"]\\""' + "]" * 200_000


@pytest.mark.parametrize(
    ("labels", "pointer", "code"),
    [
        (f'"x": {DEEP}, "bn": "two/", "bt": 1772366460', "", "nested_too_deeply"),
        (f'"bn": "two/", "bt": 1772366460, "v": "1", "x": {{"bn": {DEEP}}}', "/v", "invalid_field"),
    ],
)
def test_a_record_nested_too_deeply_costs_its_record_only(labels: str, pointer: str, code: str) -> None:
    first = '{"bn": "one/", "bt": 1772366400, "n": "a", "v": 1}'
    pack = f'[{first}, {{{labels}}}, {{"n": "b", "v": 2}}]'
    one, deep, two = decode(pack.encode(), 100, DEFAULTS, NOW)
    assert isinstance(deep, ItemError)
    assert (deep.index, deep.pointer, deep.code) == (1, pointer, code)
    assert [(r.sensor_id, r.value, r.timestamp) for r in (one, two) if isinstance(r, SubmittedReading)] == [
        ("one", 1.0, NOW),
        ("two", 2.0, NOW + timedelta(minutes=1)),
    ]


def test_a_base_field_nested_too_deeply_is_unknown_from_there_on() -> None:
    pack = f'[{{"bv": {DEEP}}}, {{"n": "s/b", "v": 2}}, {{"n": "s/b", "vb": true}}]'
    _, depends, independent = decode(pack.encode(), 100, DEFAULTS, NOW)
    assert isinstance(depends, ItemError)
    assert (depends.pointer, depends.code) == ("/bv", "unknown_base")
    assert isinstance(independent, SubmittedReading)


def test_many_labels_that_must_be_understood_cost_no_more_than_one() -> None:
    """Looked at again for each record after them, they would take hours."""
    labels = ", ".join(f'"b{number}_": 1' for number in range(50_000))
    pack = f"[{{{labels}}}, {', '.join(['{}'] * 50_000)}]"
    found = decode(pack.encode(), 100_000, DEFAULTS, NOW)
    assert {error.pointer for error in found if isinstance(error, ItemError)} == {"/b0_"}
