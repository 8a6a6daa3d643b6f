from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.errors import MalformedBodyError, TooManyReadingsError
from ingest_api.formats.json import decode
from iot_contracts.problems import ItemError
from iot_contracts.readings import SubmittedReading

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
VALID = st.fixed_dictionaries(
    {
        "sensor_id": NAMES,
        "sensor_type": NAMES,
        "location": TEXTS,
        "value": st.floats(allow_nan=False, allow_infinity=False),
        "unit": TEXTS,
        "timestamp": st.datetimes().map(lambda at: at.isoformat() + "Z"),
    },
    optional={
        "reading_id": st.uuids().map(str),
        "is_anomaly": st.booleans(),
        "battery_level": st.floats(0, 100),
        "firmware": st.integers(),
    },
)
INVALID = st.one_of(
    st.integers(),
    st.none(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), st.booleans(), max_size=2),
    VALID.map(lambda reading: reading | {"value": "warm"}),
    VALID.map(lambda reading: reading | {"battery_level": 100.5}),
    VALID.map(lambda reading: reading | {"timestamp": "2026-03-01T12:00:00"}),
)


@given(st.lists(VALID, max_size=5))
def test_what_is_valid_comes_out_as_it_went_in(items: list[dict[str, Any]]) -> None:
    expected = [msgspec.convert(item, SubmittedReading) for item in items]
    candidates = decode(msgspec.json.encode(items), 100)
    assert [msgspec.to_builtins(candidate) for candidate in candidates] == [msgspec.to_builtins(e) for e in expected]


@given(st.lists(st.tuples(st.booleans(), VALID, INVALID), max_size=8))
def test_exactly_the_invalid_items_of_a_batch_are_errors(items: list[tuple[bool, Any, Any]]) -> None:
    body = msgspec.json.encode([valid if ok else invalid for ok, valid, invalid in items])
    candidates = decode(body, 100)
    assert [isinstance(candidate, SubmittedReading) for candidate in candidates] == [ok for ok, _, _ in items]
    for index, candidate in enumerate(candidates):
        if isinstance(candidate, ItemError):
            assert candidate.index == index


@given(VALID)
def test_one_object_is_a_batch_of_one(item: dict[str, Any]) -> None:
    one, [of_many] = decode(msgspec.json.encode(item), 100)[0], decode(msgspec.json.encode([item]), 100)
    assert one == of_many


@given(st.binary(max_size=60))
def test_any_bytes_are_decoded_or_refused(body: bytes) -> None:
    with suppress(MalformedBodyError):
        assert len(decode(body, 100)) <= len(body)


@given(VALID.map(msgspec.json.encode), st.data())
def test_a_truncated_body_is_refused_at_its_end(body: bytes, data: st.DataObject) -> None:
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(MalformedBodyError, match=f"At byte {len(cut)}: "):
        decode(cut, 100)


@pytest.mark.parametrize(
    ("body", "position"),
    [
        (b"", 0),
        (b"[1,2,]", 5),
        (b'{"value": NaN}', 10),
        (b'[{"a":1} {"b":2}]', 9),
        (b"{} x", 3),
        (b"\xef\xbb\xbf{} x", 6),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", 3),
        (b'{"sensor_id":"\xff"}', 14),
        (b'[7, {"sensor_id":"A", "unit":"\xfe"}]', 30),
        (b'[7, "\xfe"]', 5),
    ],
)
def test_broken_json_is_refused_with_the_byte_position(body: bytes, position: int) -> None:
    with pytest.raises(MalformedBodyError, match=f"At byte {position}: "):
        decode(body, 100)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'[{"sensor_id":' + b"[" * 100_000])
def test_deep_nesting_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedBodyError):
        decode(body, 100)


def test_what_is_no_json_beside_an_item_nested_too_deeply_is_named() -> None:
    deep = b"[" * 200_000 + b"]" * 200_000
    with pytest.raises(MalformedBodyError, match=f"At byte {len(deep) + 3}: "):
        decode(b"[" + deep + b", x]", 100)


def test_a_batch_over_the_limit_is_refused() -> None:
    item = b'{"sensor_id":"A","sensor_type":"t","location":"l","value":1,"unit":"C","timestamp":"2026-03-01T12:00:00Z"}'
    assert len(decode(b"[" + b",".join([item] * 3) + b"]", 3)) == 3
    with pytest.raises(TooManyReadingsError):
        decode(b"[" + b",".join([item] * 4) + b"]", 3)


def test_millions_of_tiny_items_are_refused_before_each_is_kept() -> None:
    with pytest.raises(TooManyReadingsError):
        decode(b"[" + b"0," * 1_000_000, 1000)  # were it looked at item by item, its end would be found missing
