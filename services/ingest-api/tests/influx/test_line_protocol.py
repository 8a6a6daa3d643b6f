from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.formats.quantities import Defaults
from ingest_api.influx.line_protocol import Line, read_key, read_lines, read_series, read_value, split_fields
from ingest_api.influx.points import PointMapper
from ingest_api.influx.precisions import PRECISIONS
from ingest_api.readings.catalogue import load_bounded
from iot_contracts.problems import ItemError
from iot_contracts.readings import SubmittedReading

AN_ID = "019ca8f5-2c00-7a2b-8c3d-0123456789ab"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAPPER = PointMapper(Defaults(load_bounded(None, {}), "unknown"))

# A backslash before a separator cannot be written; before anything else it stands for itself.
KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\"), min_size=1, max_size=8).filter(
    lambda text: not text.startswith("_") and text != "time"
)
MEASUREMENTS = KEYS.filter(lambda text: not text.startswith("#"))
VALUES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)


def escape(text: str, separators: str) -> str:
    return "".join(f"\\{c}" if c in separators else c for c in text)


def write(value: float | bool | str) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return repr(value).lower()
    return f"{value}i" if isinstance(value, int) else repr(value)


def decode(body: str, precision: str = "ns") -> list[SubmittedReading | ItemError]:
    return MAPPER.decode(body.encode(), 100, PRECISIONS[precision], NOW).candidates


def readings(body: str) -> list[SubmittedReading]:
    found = decode(body)
    assert all(isinstance(item, SubmittedReading) for item in found), found
    return [item for item in found if isinstance(item, SubmittedReading)]


@given(
    st.lists(
        st.tuples(
            MEASUREMENTS,
            st.dictionaries(KEYS, KEYS, max_size=3),
            st.dictionaries(KEYS, VALUES, min_size=1, max_size=3),
            st.none() | st.integers(-(2**63), 2**63 - 1),
        ),
        max_size=4,
    )
)
def test_points_come_back_as_they_were_written(
    points: list[tuple[str, dict[str, str], dict[str, Any], int | None]],
) -> None:
    body = "\n".join(
        escape(measurement, ", ")
        + "".join(f",{escape(key, ',= ')}={escape(value, ',= ')}" for key, value in tags.items())
        + " "
        + ",".join(f"{escape(key, ',= ')}={write(value)}" for key, value in fields.items())
        + (f" {time}" if time is not None else "")
        for measurement, tags, fields, time in points
    )
    _, lines = read_lines(body.encode())
    found = []
    for line in lines:
        assert isinstance(line, Line), line
        fields = {read_key(key): read_value(value) for key, value in split_fields(line.fields)}
        found.append((*read_series(line.series), fields, int(line.time) if line.time else None))
    assert found == points


@given(st.text(st.sampled_from('ab,= \\"\n1i#-\r'), max_size=40))
def test_any_text_is_read_or_refused_line_by_line(text: str) -> None:
    points = MAPPER.decode(text.encode(), 100, PRECISIONS["auto"], NOW)
    assert len(points.candidates) == len(points.places)
    assert all(1 <= place.number <= text.count("\n") + 1 for place in points.places)


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\\" * 50_000,
        'a b="' + "\\" * 50_000,
        "a," + "b" * 50_000,
        "a b=1" + " " * 50_000 + "x",
        "a b=" + '="\\"' * 50_000,
        "a b=," + '="' * 50_001,
        "a b=1" + ",c=1" * 50_000,
    ],
)
def test_an_odd_line_is_read_in_linear_time(text: str) -> None:
    assert [type(item) for item in decode(text)] == [ItemError]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("-1.5e3", -1500.0),
        (".5", 0.5),
        ("7e-06", 7e-06),
        ("1.", 1.0),
        ("-0", -0.0),
        ("1E3", 1000.0),
        ("-3i", -3),
        ("007i", 7),
        ("18446744073709551615u", 2**64 - 1),
        ("t", True),
        ("False", False),
        ('"a \\"b\\" \\\\ \\n"', 'a "b" \\ \\n'),
    ],
)
def test_a_field_value_is_what_its_suffix_says(text: str, value: object) -> None:
    assert read_value(text) == value
    assert type(read_value(text)) is type(value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("temperature,sensor_id=S1 value=21", [("S1", "temperature", "unknown", "Celsius")]),
        ("climate,sensor_id=S1,location=L temperature=21", [("S1", "temperature", "L", "Celsius")]),
        ("m,sensor_type=humidity,device=D v=5", [("D", "humidity", "unknown", "%")]),
        (
            "m,sensor_id=S,sensor_type=flow,unit=l value=5,x=1",
            [("S", "flow", "unknown", "l"), ("S", "m_x", "unknown", "l")],
        ),
        ("cpu,cpu=cpu0,host=web1 usage_idle=1", [("web1:cpu0", "cpu_usage_idle", "unknown", "1")]),
        ("climate,device=D,room=R temperature=21", [("D", "temperature", "R", "Celsius")]),
        ("net_response,host=web1 time_s=1", [("web1", "net_response:time_s", "unknown", "1")]),
        ('m,sensor_id=S1 up=t,name="x"', [("S1", "m_up", "unknown", "1")]),
    ],
)
def test_tags_and_fields_say_who_what_and_where(line: str, expected: list[tuple[str, ...]]) -> None:
    assert [(r.sensor_id, r.sensor_type, r.location, r.unit) for r in readings(line)] == expected


def test_battery_anomaly_and_id_join_the_readings_of_their_line() -> None:
    [reading] = readings(f'climate,sensor_id=S1 temperature=21,battery_level=80,is_anomaly=t,reading_id="{AN_ID}"')
    assert (reading.battery_level, reading.is_anomaly) == (80, True)
    assert str(reading.reading_id) == AN_ID


@given(st.datetimes(datetime(1980, 1, 1), datetime(2128, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)))
def test_auto_finds_the_precision_by_the_magnitude(at: datetime) -> None:
    microseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    for divisor, text in ((1_000_000, microseconds // 1_000_000), (1_000, microseconds // 1_000), (1, microseconds)):
        [reading] = decode(f"m v=1 {text}", "auto")
        assert isinstance(reading, SubmittedReading)
        assert reading.timestamp == at - timedelta(microseconds=microseconds % divisor)
    [reading] = decode(f"m v=1 {microseconds}999", "auto")
    assert isinstance(reading, SubmittedReading)
    assert reading.timestamp == at
