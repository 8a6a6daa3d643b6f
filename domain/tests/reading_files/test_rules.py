"""One table of rules, run against every reader: what is refused is refused by item, and its neighbours are kept."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iot_domain.reading_files.avro import read_avro
from iot_domain.reading_files.csv import read_csv
from iot_domain.reading_files.faults import NOT_A_NAME
from iot_domain.reading_files.files import reader_of
from iot_domain.reading_files.json import read_json
from iot_domain.reading_files.ndjson import read_ndjson
from iot_domain.reading_files.parquet import read_parquet
from iot_domain.reading_files.records import BadItem, InvalidFileError, Measurement, Record

GOOD: dict[str, Any] = {
    "sensor_id": "S1",
    "sensor_type": "temperature",
    "location": "here",
    "value": 21.5,
    "unit": "Celsius",
    "timestamp": "2026-03-01T12:00:00Z",
}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Write = Callable[[list[dict[str, Any]]], bytes]


def as_ndjson(items: list[dict[str, Any]]) -> bytes:
    return b"\n".join(json.dumps(item).encode() for item in items)


def as_json(items: list[dict[str, Any]]) -> bytes:
    return json.dumps(items).encode()


def as_csv(items: list[dict[str, Any]]) -> bytes:
    names = list(dict.fromkeys(name for item in items for name in item))
    lines = [",".join(names), *(",".join(str(item.get(name, "")) for name in names) for item in items)]
    return "\r\n".join(lines).encode()


def as_parquet(items: list[dict[str, Any]]) -> bytes:
    names = list(dict.fromkeys(name for item in items for name in item))
    file = io.BytesIO()
    pq.write_table(pa.table({name: [str(item.get(name, "")) for item in items] for name in names}), file)
    return file.getvalue()


def as_avro(items: list[dict[str, Any]]) -> bytes:
    names = list(dict.fromkeys(name for item in items for name in item))
    schema = {"type": "record", "name": "r", "fields": [{"name": name, "type": "string"} for name in names]}
    file = io.BytesIO()
    fastavro.writer(file, schema, [{name: str(item.get(name, "")) for name in names} for item in items], "deflate")
    return file.getvalue()


READERS: dict[str, tuple[Write, Callable[[BinaryIO], Iterator[Record]]]] = {
    "ndjson": (as_ndjson, read_ndjson),
    "json": (as_json, read_json),
    "csv": (as_csv, read_csv),
    "parquet": (as_parquet, read_parquet),
    "avro": (as_avro, read_avro),
}
TABLES = ("csv", "parquet", "avro")
every_format = pytest.mark.parametrize("ending", READERS)


def read(ending: str, content: bytes) -> list[Record]:
    return list(READERS[ending][1](io.BytesIO(content)))


def written(ending: str, *changes: dict[str, Any]) -> list[Record]:
    return read(ending, READERS[ending][0]([GOOD, *(GOOD | change for change in changes), GOOD]))


@every_format
def test_a_complete_reading_is_the_same_in_every_format(ending: str) -> None:
    [found, _] = written(ending)
    assert isinstance(found, Measurement)
    assert found.missing == []
    assert {name: getattr(found, name) for name in GOOD} == GOOD | {"timestamp": NOON}


@every_format
@pytest.mark.parametrize(
    "change",
    [
        {"sensor_id": "a b"},
        {"sensor_id": "S1\u00a0"},
        {"sensor_id": "s" * 65},
        {"sensor_type": "tempé"},
        {"location": "l" * 65},
        {"unit": "u" * 33},
        {"battery_level": 101},
        {"reading_id": "1"},
        {"is_anomaly": "maybe"},
        {"value": "warm"},
        {"value": "1_000"},
        {"value": " 1 "},
        {"value": "nan"},
        {"value": "infinity"},
        {"value": "-inf"},
        {"value": "１２"},
        {"value": "0x10"},
        {"value": "1e999"},
        {"value": "TRUE"},
        {"value": ""},
        {"timestamp": ""},
        {"timestamp": "yesterday"},
        {"timestamp": "1772366400000"},
        {"timestamp": "1772366400"},
        {"timestamp": "20260301"},
        {"timestamp": "20260301T120000Z"},
        {"timestamp": "2026"},
        {"timestamp": "2026-W10"},
        {"timestamp": "2026-W10-1"},
        {"timestamp": "2026-060"},
        {"timestamp": "2026-02-30T12:00:00Z"},
        {"timestamp": "2026-03-01T12:00:60Z"},
        {"timestamp": "0000-01-01T00:00:00Z"},
        {"timestamp": "0001-01-01T00:00:00+01:00"},
        {"timestamp": " 2026-03-01T12:00:00Z"},
        {"timestamp": "２０２６-03-01T12:00:00Z"},
    ],
)
def test_what_the_contract_forbids_costs_its_item_only(ending: str, change: dict[str, Any]) -> None:
    found = written(ending, change)
    assert [type(record) for record in found] == [Measurement, BadItem, Measurement]
    [field] = change
    assert isinstance(found[1], BadItem)
    in_a_table = ending in TABLES
    assert found[1].reason.endswith(f" (column {field})") if in_a_table else found[1].reason.startswith(f"{field}: ")
    assert found[1].place == {"csv": "line 3", "ndjson": "line 2", "json": "item 2"}.get(ending, "row 2")


@every_format
@pytest.mark.parametrize(
    "timestamp",
    ["2026-03-01t12:00:00z", "2026-03-01 12:00:00Z", "2026-03-01T12:00:00.0000009Z", "2026-03-01T12:00:00-00:00",
     "2026-03-02T11:59:00.00000000000000099+23:59"],
)  # fmt: skip
def test_what_rfc_3339_allows_is_the_same_instant_in_every_format(ending: str, timestamp: str) -> None:
    found = written(ending, {"timestamp": timestamp})[1]
    assert isinstance(found, Measurement)
    assert found.timestamp == NOON


@every_format
def test_two_times_that_are_cut_to_one_stay_two_in_what_was_sent(ending: str) -> None:
    found = written(ending, {"timestamp": "2026-03-01T12:00:00.000000001Z"})
    assert isinstance(found[0], Measurement)
    assert isinstance(found[1], Measurement)
    assert found[0].timestamp == found[1].timestamp
    assert found[0].sent != found[1].sent


@pytest.mark.parametrize("ending", ["ndjson", "json", "csv"])
def test_a_byte_order_mark_at_the_start_is_skipped(ending: str) -> None:
    content = b"\xef\xbb\xbf" + READERS[ending][0]([GOOD, GOOD])
    assert read(ending, content) == written(ending)


@pytest.mark.parametrize("ending", ["ndjson", "json"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'"value":1,"value":2', "The field 'value' is there 2 times"),
        (b'"value":1,"\\u0076alue":1', "The field 'value' is there 2 times"),
        (b'"firmware":1,"firmware":1', "The field 'firmware' is there 2 times"),
        (b'"value":1,"x":"\\"","value":1', "The field 'value' is there 2 times"),
        pytest.param(b'"value":1,"deep":' + b"[" * 200_000 + b"]" * 200_000, "nested too deeply", id="deep"),
        (b'"value":true', "value: Expected `float`"),
        (b'"value":null', "value: Expected `float`"),
    ],
)
def test_an_object_that_can_t_be_read_one_way_costs_its_item_only(ending: str, text: bytes, reason: str) -> None:
    good = json.dumps(GOOD).encode()
    bad = good.replace(b'"value": 21.5', text)
    content = b"[" + b",".join([good, bad, good]) + b"]" if ending == "json" else b"\n".join([good, bad, good])
    found = read(ending, content)
    assert [type(record) for record in found] == [Measurement, BadItem, Measurement]
    assert isinstance(found[1], BadItem)
    assert reason in found[1].reason


@pytest.mark.parametrize("ending", ["ndjson", "json"])
@pytest.mark.parametrize(
    "extra", [b'"x":{"a":1,"a":2}', b'"x":"value","y":[{"value":1}]', b'"x":null', b'"x":"\\"value\\":"']
)
def test_what_an_ignored_field_holds_is_nobody_s_business(ending: str, extra: bytes) -> None:
    item = json.dumps(GOOD).encode()[:-1] + b"," + extra + b"}"
    [found] = read(ending, item)
    assert isinstance(found, Measurement)


@pytest.mark.parametrize("ending", ["ndjson", "json"])
def test_a_number_is_milliseconds_in_json_exactly(ending: str) -> None:
    def time_of(number: str) -> datetime:
        text = json.dumps(GOOD).replace('"2026-03-01T12:00:00Z"', number)
        [found] = read(ending, text.encode())
        assert isinstance(found, Measurement)
        return found.timestamp

    assert time_of("1772366400000") == time_of("1772366400000.0009999") == time_of("17723664e5") == NOON
    assert time_of("1772366399999.9999999") == datetime(2026, 3, 1, 11, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("names", [("value", "value"), ("value", "Value"), ("value", " VALUE "), ("note", "note")])
def test_two_columns_of_one_name_are_refused_naming_it(ending: str, names: tuple[str, str]) -> None:
    columns = ["timestamp", "value", *names] if "note" in names else ["timestamp", *names]
    content = ",".join(columns).encode() + b"\n2026-03-01T12:00:00Z" + b",1" * (len(columns) - 1)
    if ending == "parquet":
        file = io.BytesIO()
        pq.write_table(pa.Table.from_arrays([pa.array(["1"])] * len(columns), names=columns), file)
        content = file.getvalue()
    with pytest.raises(InvalidFileError, match=f"2 columns named '{names[0]}'"):
        read(ending, content)


@pytest.mark.parametrize("ending", TABLES)
def test_a_row_says_what_its_columns_say_and_the_rest_is_left_to_others(ending: str) -> None:
    rows = [{"timestamp": "2026-03-01T12:00:00Z", "value": 1, "sensor_id": "A", "battery_level": 5, "other": "x"},
            {"timestamp": "2026-03-01T12:00:00Z", "value": 1, "sensor_id": "B", "battery_level": ""}]  # fmt: skip
    first, second = read(ending, READERS[ending][0](rows))
    assert isinstance(first, Measurement)
    assert isinstance(second, Measurement)
    assert (first.sensor_id, first.battery_level, first.missing) == ("A", 5.0, ["sensor_type", "location", "unit"])
    assert (second.sensor_id, second.battery_level) == ("B", None)


@pytest.mark.parametrize("ending", TABLES)
def test_a_row_that_does_not_say_whose_it_is_while_its_file_does_is_refused(ending: str) -> None:
    found = written(ending, {"sensor_id": ""})
    assert [type(record) for record in found] == [Measurement, BadItem, Measurement]


def test_an_ending_in_any_case_has_its_reader() -> None:
    assert reader_of(".CSV", read_json) is read_csv
    assert reader_of(".txt", read_json) is read_json


@every_format
@pytest.mark.parametrize("field", ["sensor_id", "sensor_type"])
def test_what_is_no_name_is_said_in_the_same_words(ending: str, field: str) -> None:
    _, bad, _ = written(ending, {field: "a b"})
    assert isinstance(bad, BadItem)
    assert NOT_A_NAME in bad.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"x", "is not JSON at byte 0: invalid character"),
        (b'{"a":1}{', "is not JSON at byte 7: trailing characters"),
        (b'{"a":', "is not JSON at byte 5: it ends too early"),
    ],
)
def test_what_is_no_json_is_named_by_its_byte_and_why(text: bytes, reason: str) -> None:
    assert [record.reason for record in read("ndjson", text) if isinstance(record, BadItem)] == [reason]


@every_format
@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("timestamp", "0001-01-01T23:59:59Z"),
        ("timestamp", "9999-12-30T00:00:00.000001Z"),
        ("value", 1.1e100),
        ("value", -1e300),
    ],
)
def test_what_the_contract_forbids_on_the_topic_is_refused_before_it_is_sent(
    ending: str, field: str, cell: str | float
) -> None:
    first, bad, last = written(ending, {field: cell})
    assert isinstance(first, Measurement)
    assert isinstance(last, Measurement)
    assert isinstance(bad, BadItem)
    assert field in bad.reason


def test_a_string_that_nothing_closes_is_looked_at_once() -> None:
    deep = b"[" * 200_000 + b"]" * 200_000
    with pytest.raises(InvalidFileError, match="nested too deeply"):
        read("json", b"[" + deep + b',"' + b'\\"' * 400_000)
