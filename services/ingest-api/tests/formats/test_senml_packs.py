"""Packs of SenML with something wrong in them: what becomes of that record, and of those around it."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

SENML = {"Content-Type": "application/senml+json"}
TIME = 1772366400
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST = '{"bn": "urn:dev:one:", "bt": 1772366400, "bu": "V", "bv": 10, "n": "a", "v": 1}'
ONE, TWO = ("urn:dev:one", "a", 11.0, "V", 0), ("urn:dev:two", "b", 1.0, "A", 60)


async def post(client: httpx.AsyncClient, *records: str, prefix: bytes = b"") -> dict[str, Any]:
    body = prefix + f"[{', '.join(records)}]".encode(errors="surrogatepass")
    answer: dict[str, Any] = (await client.post("/v1/readings", content=body, headers=SENML)).json()
    return answer


def refusals(result: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(error["index"], error["pointer"], error["code"]) for error in result["errors"]]


def written(producer: Any) -> list[tuple[str, str, float, str, float]]:
    """Sensor, type, value, unit and seconds after AT of what was taken."""
    return [(r.sensor_id, r.sensor_type, r.value, r.unit, (r.timestamp - AT).total_seconds()) for r in producer.written]


BASE_OF_TWO = '"bn": "urn:dev:two:", "bt": 1772366460, "bu": "A", "bv": 0'
REFUSED = [
    ('"n": "x"', "/v", "missing_field"),
    ('"n": "x", "v": "1"', "/v", "invalid_field"),
    ('"n": "x", "v": null', "/v", "invalid_field"),
    ('"n": "x", "v": 1e999', "/v", "invalid_field"),
    ('"n": 5, "v": 1', "/n", "invalid_field"),
    ('"n": "x", "v": 1, "vb": true', "/vb", "invalid_field"),
    ('"n": "x", "v": 1, "vs": "on"', "/vs", "invalid_field"),
    ('"n": "x", "vs": "on"', "/vs", "unsupported_value"),
    ('"n": "x", "vd": "AA"', "/vd", "unsupported_value"),
    ('"n": "x", "v": 1, "must_": 1', "/must_", "unknown_extension"),
    ('"n": "x", "v": 1, "must\\u005f": 1', "/must_", "unknown_extension"),
    ('"n": "x", "v": 1, "a/b~c_": 1', "/a~1b~0c_", "unknown_extension"),
    ('"n": "x", "v": 1, "v": 2', "/v", "duplicate_field"),
    ('"n": "x", "v": 1, "n": "x"', "/n", "duplicate_field"),
    ('"n": "x", "v": 1, "\\u0076": 2', "/v", "duplicate_field"),
    ('"n": "x", "v": 1, "other": 1, "other": 1', "/other", "duplicate_field"),
    ('"n": "x", "v": 1, "t": "5"', "/t", "invalid_field"),
    ('"n": "x", "v": 1, "t": 1e300', "/t", "invalid_field"),
    ('"n": "x", "v": 1, "t": 0.' + "1" * 500, "/t", "invalid_field"),
    ('"n": "x", "v": 1, "t": 1e-400000000', "/t", "invalid_field"),
    ('"n": "x", "v": 1, "t": 100000000', "/timestamp", "timestamp_in_future"),
    ('"n": "x", "v": 1, "u": ""', "/u", "invalid_field"),
    ('"n": "x", "v": 1, "u": 5', "/u", "invalid_field"),
    ('"n": "x", "v": 1, "s": "5"', "/s", "invalid_field"),
    ('"n": "x", "v": 1, "ut": "5"', "/ut", "invalid_field"),
    ('"n": "x", "v": 1, "bs": "5"', "/bs", "invalid_field"),
    ('"n": "x y", "v": 1', "/sensor_type", "invalid_field"),
]


@pytest.mark.parametrize(("labels", "pointer", "code"), REFUSED)
async def test_base_fields_hold_whatever_becomes_of_the_record_that_sets_them(
    client: httpx.AsyncClient, producer: Any, labels: str, pointer: str, code: str
) -> None:
    result = await post(client, FIRST, f"{{{BASE_OF_TWO}, {labels}}}", '{"n": "b", "v": 1}')
    assert refusals(result) == [(1, pointer, code)]
    assert written(producer) == [ONE, TWO]


@pytest.mark.parametrize("item", ["5", "null", "[]", '"x"'])
async def test_what_is_no_record_changes_nothing(client: httpx.AsyncClient, producer: Any, item: str) -> None:
    result = await post(client, FIRST, item, '{"n": "a", "v": 1}')
    assert refusals(result) == [(1, "", "not_an_object")]
    assert written(producer) == [ONE, ONE]


LAST = '{"bn": "urn:dev:two:", "bt": 1772366460, "bu": "A", "bv": 0, "bver": 10, "n": "b", "v": 1}'
BROKEN = [
    ('"bn": 5', "/bn", "bn"),
    ('"bn": null', "/bn", "bn"),
    ('"bn": "urn:dev:three:", "bn": "urn:dev:four:"', "/bn", "bn"),
    ('"bn": "urn:dev:three:", "\\u0062n": "urn:dev:four:"', "/bn", "bn"),
    ('"bn": {"n": "x"}', "/bn", "bn"),
    (f'"bn": "{"x" * 1000}"', "/bn", "bn"),
    ('"bt": "1772366460"', "/bt", "bt"),
    ('"bt": true', "/bt", "bt"),
    ('"bt": 1772366460, "bt": 1772366460', "/bt", "bt"),
    ('"bt": 0.' + "1" * 500, "/bt", "bt"),
    ('"bt": 1e999', "/bt", "bt"),
    ('"bu": 5', "/bu", "bu"),
    ('"bu": ""', "/bu", "bu"),
    ('"bv": "5"', "/bv", "bv"),
    ('"bv": []', "/bv", "bv"),
    ('"bver": "10"', "/bver", "bver"),
    ('"bver": 0', "/bver", "bver"),
    ('"bver": 9', "/bver", "bver"),
    ('"bver": 10.5', "/bver", "bver"),
    ('"bx_": 1', "/bx_", "bx_"),
]


@pytest.mark.parametrize(("labels", "pointer", "base_field"), BROKEN)
async def test_what_depends_on_a_base_field_that_is_wrong_is_refused_until_it_is_set_again(
    client: httpx.AsyncClient, producer: Any, labels: str, pointer: str, base_field: str
) -> None:
    record = f'{{{labels}, "n": "x", "v": 1}}'
    result = await post(client, FIRST, record, '{"n": "x", "v": 1}', '{"n": "y", "v": 1, "t": 1}', LAST)
    depend = [(index, f"/{base_field}", "unknown_base") for index in (2, 3)]
    if base_field == "bx_":
        depend.append((4, "/bx_", "unknown_base"))
    assert refusals(result) == [(1, pointer, refusals(result)[0][2]), *depend]
    assert written(producer) == ([ONE] if base_field == "bx_" else [ONE, TWO])


@pytest.mark.parametrize(
    ("labels", "record", "expected"),
    [
        ('"bu": 5', '{"n": "x", "u": "W", "v": 1}', ("urn:dev:one", "x", 11.0, "W", 0)),
        ('"bv": null', '{"n": "x", "vb": true}', ("urn:dev:one", "x", 1.0, "V", 0)),
        ('"bs": null', '{"n": "x", "v": 1}', ("urn:dev:one", "x", 11.0, "V", 0)),
        ('"bx": null, "n": 5', '{"n": "x", "v": 1}', ("urn:dev:one", "x", 11.0, "V", 0)),
        ('"bn": 5, "bt": 1772366460', '{"bn": "urn:dev:one:", "n": "x", "v": 1}', ("urn:dev:one", "x", 11.0, "V", 60)),
    ],
)
async def test_what_does_not_depend_on_a_base_field_that_is_wrong_is_taken(
    client: httpx.AsyncClient, producer: Any, labels: str, record: str, expected: tuple[str, str, float, str, float]
) -> None:
    result = await post(client, FIRST, f"{{{labels}}}", record)
    assert [error["index"] for error in result["errors"]] == [1]
    assert written(producer) == [ONE, expected]


@pytest.mark.parametrize(
    ("records", "refused"),
    [
        (['{"n": "S1/a", "v": 1}', '{"bver": 9, "n": "S1/a", "v": 1}'], [1]),
        (['{"bver": 9, "n": "S1/a", "v": 1}', '{"bver": 10, "n": "S1/a", "v": 1}', '{"n": "S1/a", "v": 1}'], [1, 2]),
        (['{"bver": 9, "n": "S1/a", "v": 1}', '{"bver": 9, "n": "S1/a", "v": 1}', '{"n": "S1/a", "v": 1}'], []),
        (['{"bver": "x", "n": "S1/a", "v": 1}', '{"n": "S1/a", "v": 1}', '{"bver": 9, "n": "S1/a", "v": 1}'], [0, 1]),
        (["5", '{"bver": 9, "n": "S1/a", "v": 1}'], [0]),
        (['{"bver": 9, "n": "S1/a"}', '{"bver": 10, "n": "S1/a", "v": 1}', '{"bver": 9, "n": "S1/a", "v": 1}'], [0, 1]),
    ],
)
async def test_a_pack_has_one_version(
    client: httpx.AsyncClient, producer: Any, records: list[str], refused: list[int]
) -> None:
    result = await post(client, *records)
    assert [error["index"] for error in result["errors"]] == refused
    assert len(producer.written) == len(records) - len(refused)


@pytest.mark.parametrize("record", ['{"bver": 11, "n": 5}', '{"bver": 11, "n": "S1/a", "v": 1}', '{"bver": 11}'])
async def test_a_version_that_is_not_known_refuses_the_pack_wherever_it_stands(
    client: httpx.AsyncClient, producer: Any, record: str
) -> None:
    result = await post(client, FIRST, record)
    assert (result["code"], producer.written) == ("malformed_body", [])


async def test_a_base_value_is_added_once_to_each_number(client: httpx.AsyncClient, producer: Any) -> None:
    await post(
        client, '{"bn": "S1/", "bv": 20, "n": "a", "v": 1}', '{"n": "a", "v": 1}', '{"bv": 5}', '{"n": "a", "v": 1}'
    )
    assert [reading.value for reading in producer.written] == [21, 21, 6]


async def test_a_byte_order_mark_before_the_pack_is_skipped(client: httpx.AsyncClient, producer: Any) -> None:
    bom = "\ufeff".encode()
    assert (await post(client, FIRST, prefix=bom))["accepted"] == 1
    assert "byte 4" in (await post(client, "x", prefix=bom))["detail"]


@pytest.mark.parametrize("time", ["1772366400.1234567", "1772366400.123456999999999999", "1.7723664001234567e9"])
async def test_a_time_is_cut_to_the_microsecond_never_rounded(
    client: httpx.AsyncClient, producer: Any, time: str
) -> None:
    await post(client, f'{{"n": "S1/a", "v": 1, "t": {time}}}', f'{{"bt": {time}, "n": "S1/a", "v": 1}}')
    assert {reading.timestamp.microsecond for reading in producer.written} == {123456}


async def test_base_time_and_time_are_added_exactly(client: httpx.AsyncClient, producer: Any) -> None:
    await post(
        client, '{"bn": "S1/", "bt": 1772366400.1, "n": "a", "t": 0.2, "v": 1}', '{"n": "a", "t": -0.1000001, "v": 1}'
    )
    assert [(r.timestamp - AT).total_seconds() for r in producer.written] == [0.3, -0.000001]


async def test_what_differs_only_in_digits_that_are_cut_is_another_reading(
    client: httpx.AsyncClient, producer: Any
) -> None:
    records = [f'{{"n": "S1/a", "u": "V", "v": 1, "t": {TIME}.000000{digits}}}' for digits in ("1", "2", "2000000001")]
    await post(client, *records)
    await post(client, *records)
    await post(client, *(f'{{"bn": "S1/", "bt": {TIME}, "n": "a", "u": "V", "v": 1, "t": 0.000000{d}0}}' for d in "12"))
    ids = [reading.reading_id for reading in producer.written]
    assert len(set(ids)) == 3
    assert ids == [*ids[:3], *ids[:3], *ids[:2]]


async def test_name_unit_and_value_as_they_are_sent_tell_readings_apart(
    client: httpx.AsyncClient, producer: Any
) -> None:
    named = [f'{{"bn": "{bn}", "n": "{n}", "bt": {TIME}, "v": 1}}' for bn, n in (("a/b/", "c"), ("a:b:", "c"))]
    sent = [f'{{"n": "a/b/c", "bt": {TIME}, {rest}}}' for rest in ('"v": 2', '"vb": true', '"v": 1, "u": "V"')]
    assert (await post(client, *named, *sent))["rejected"] == 0
    assert len({reading.reading_id for reading in producer.written}) == 5


async def test_the_answer_stays_small_whatever_label_repeats_or_must_be_understood(client: httpx.AsyncClient) -> None:
    label = "b" + "x" * 3000 + "_"
    for labels in (f'"{label}": 1', f'"{label}": 1, "{label}": 2', f'"x{label}": 1, "x{label}": 2'):
        result = await post(client, f"{{{labels}}}", *['{"n": "a", "v": 1}'] * 19)
        assert len(str(result)) < 5000


async def test_a_pack_of_too_many_values_that_are_no_records_is_refused_unread(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/readings", content=f"[{'1,' * 4000}1]", headers=SENML)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_readings")
