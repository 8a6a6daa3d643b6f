"""Names and ids that lines become: what was sent differently stays different, what was sent again is the same."""

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.formats.quantities import Defaults
from ingest_api.influx.points import PointMapper
from ingest_api.influx.precisions import PRECISIONS
from ingest_api.influx.series import DEVICE_TAGS, LOCATION_TAGS
from ingest_api.readings.catalogue import load_bounded
from iot_contracts.readings import MAX_NAME_LENGTH, Reading, SubmittedReading
from iot_domain.names import is_name

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = 1772366400
NANOSECOND = SECOND * 10**9
DEFAULTS = Defaults(load_bounded(None, {}), "unknown")

# What a mapping that replaces, strips, cuts or joins would make the same.
NAMES = st.sampled_from(
    ["a", "A", "a b", "a_b", "a:b", "a.b", "-a", "a-", "é", "e\u0301", "a,x=b", "cpu", "cpu0", "web1", "web1:cpu0", "_"]
)
LONG = st.sampled_from(["x" * 64, "x" * 65, "x" * 66, "a_b--" + "0" * 16])
FIELDS = st.sampled_from(["c", "b_c", "b:c", "c d", "c_d", "usage_idle", "x" * 70, "é"])
MEASUREMENTS = (NAMES | LONG).filter(lambda text: not text.startswith("_"))
TAGS = st.dictionaries(
    st.sampled_from(["host", "device", "cpu", "core", "x", "a", "room", "location", "unit"]), NAMES | LONG, max_size=3
)


def escape(text: str) -> str:
    return "".join(f"\\{c}" if c in ",= " else c for c in text)


def line(measurement: str, tags: dict[str, str], field: str = "c", value: str = "1", time: int | None = None) -> str:
    series = "".join(f",{escape(key)}={escape(text)}" for key, text in tags.items())
    name = measurement.replace(",", "\\,").replace(" ", "\\ ")
    return f"{name}{series} {escape(field)}={value}" + ("" if time is None else f" {time}")


def decode(*lines: str, precision: str = "ns") -> list[SubmittedReading]:
    found = PointMapper(DEFAULTS).decode("\n".join(lines).encode(), 100, PRECISIONS[precision], NOW).candidates
    assert all(isinstance(item, SubmittedReading) for item in found), found
    return [item for item in found if isinstance(item, SubmittedReading)]


def named(measurement: str, tags: dict[str, str]) -> tuple[object, ...]:
    """What a sensor is: what a tag names, else measurement, tags and their keys."""
    device = next((tag for tag in DEVICE_TAGS if tag in tags), None)
    described = {device, "unit", *(LOCATION_TAGS if device else ())}
    others = sorted((key, text) for key, text in tags.items() if key not in described)
    name = tags[device] if device else measurement
    return (measurement, name, *others) if others else (name,)


def fits(tags: dict[str, str]) -> bool:
    location = next((tags[tag] for tag in LOCATION_TAGS if tag in tags), "")
    return len(location) <= 64 and len(tags.get("unit", "")) <= 32


@given(MEASUREMENTS, TAGS.filter(fits), MEASUREMENTS, TAGS.filter(fits))
def test_sensors_are_the_same_exactly_when_they_are_named_the_same(
    measurement: str, tags: dict[str, str], other_measurement: str, other_tags: dict[str, str]
) -> None:
    first, second = decode(line(measurement, tags), line(other_measurement, other_tags))
    same = named(measurement, tags) == named(other_measurement, other_tags)
    assert (first.sensor_id == second.sensor_id) == same
    for reading in (first, second):
        assert is_name(reading.sensor_id)
        assert len(reading.sensor_id) <= MAX_NAME_LENGTH


@given(MEASUREMENTS, FIELDS, MEASUREMENTS, FIELDS)
def test_types_are_the_same_exactly_when_measurement_and_field_are(
    measurement: str, field: str, other_measurement: str, other_field: str
) -> None:
    first, second = decode(line(measurement, {"host": "h"}, field), line(other_measurement, {"host": "h"}, other_field))
    assert (first.sensor_type == second.sensor_type) == ((measurement, field) == (other_measurement, other_field))
    assert is_name(first.sensor_type)
    assert len(first.sensor_type) <= MAX_NAME_LENGTH


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("m,host=a\\ b c=1", "m,host=a_b c=1"),
        ("m,host=a:b c=1", "m,host=a,x=b c=1"),
        ("cpu,cpu=cpu0,host=h c=1", "cpu,core=cpu0,host=h c=1"),
        ("cpu,cpu=cpu0,host=h c=1", "core,core=cpu0,host=h c=1"),
        ("cpu,cpu=cpu0,host=h c=1", "cpu,host=h:cpu0 c=1"),
        ("m,host=-a c=1", "m,host=a c=1"),
        ("m,host=É c=1", "m,host=È c=1"),
        ("home,room=Kitchen c=1", "home,room=Bath c=1"),
        ("a\\ b c=1", "a_b c=1"),
        (f"m,host={'x' * 80}1 c=1", f"m,host={'x' * 80}2 c=1"),
        ("m,host=h,a=b,c=d c=1", "m,host=h,a=d,c=b c=1"),
    ],
)
def test_names_that_differ_stay_different_sensors(one: str, other: str) -> None:
    first, second = decode(one, other)
    assert first.sensor_id != second.sensor_id


def test_what_is_a_name_already_is_taken_unchanged() -> None:
    found = decode("m,host=00:1B:44:11:3A:B7 c=1", "m,device=esp32-a4cf12b3c4d5 c=1", "m,host=web1:8086 c=1", "m c=1")
    names = [reading.sensor_id for reading in found]
    assert names == ["00:1B:44:11:3A:B7", "esp32-a4cf12b3c4d5", "web1:8086", "m"]


def test_points_a_nanosecond_apart_are_different_readings_of_one_microsecond() -> None:
    found = decode(*(line("m", {"host": "h"}, time=NANOSECOND + n) for n in range(3)))
    assert len({reading.reading_id for reading in found}) == 3
    assert len({reading.timestamp for reading in found}) == 1


def test_what_is_sent_differently_is_another_reading() -> None:
    lines = [
        line(measurement, tags, field, value, NANOSECOND + n)
        for measurement in ("m", "m2")
        for tags in ({"host": "h"}, {"device": "h"}, {"host": "h", "unit": "V"}, {"host": "h", "room": "r"})
        for field in ("c", "d")
        for value in ("1", "2", "t")
        for n in range(2)
    ]
    found = list(itertools.chain.from_iterable(decode(one) for one in lines))
    assert len({reading.reading_id for reading in found}) == len(lines)


def test_a_point_sent_again_is_the_same_reading_however_it_is_written() -> None:
    tags = {"host": "h", "x": "a b", "y": "c"}
    backwards = dict(reversed(tags.items()))
    [first] = decode(line("m", tags, time=NANOSECOND))
    again = [
        *decode(line("m", backwards, time=NANOSECOND)),
        *decode(line("m", tags, time=SECOND), precision="s"),
        *decode(line("m", tags, time=SECOND * 1_000), precision="ms"),
        *decode(line("m", tags, time=SECOND * 1_000_000), precision="us"),
        *decode(line("m", tags, time=SECOND), precision="auto"),
        *decode(line("m", tags, value="1.0", time=NANOSECOND)),
        *decode("other v=1", line("m", tags, time=NANOSECOND))[1:],
        *decode(f"m,host=h,x=a\\ b,y=c d=2,c=1 {NANOSECOND}")[1:],
    ]
    assert {reading.reading_id for reading in again} == {first.reading_id}
    assert isinstance(first, Reading)


@pytest.mark.parametrize(("nanoseconds", "microseconds"), [(1999, 1), (1000, 1), (999, 0), (-1, -1), (-1001, -2)])
def test_a_time_is_cut_to_the_microsecond_before_it(nanoseconds: int, microseconds: int) -> None:
    [reading] = decode(line("m", {}, time=nanoseconds))
    assert isinstance(reading.timestamp, datetime)
    assert (reading.timestamp - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1e6 == microseconds
