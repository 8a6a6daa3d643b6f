"""Bad inputs, each with the status and the code of its answer, through the real application."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from backports import zstd

AN_ID = "019ca8f5-2c00-7a2b-8c3d-0123456789ab"
JSON, NDJSON, SENML = "application/json", "application/x-ndjson", "application/senml+json"


def reading(**change: Any) -> bytes:
    good = {
        "sensor_id": "S1",
        "sensor_type": "temperature",
        "location": "here",
        "value": 21.5,
        "unit": "Celsius",
        "timestamp": "2026-03-01T12:00:00Z",
    }
    return json.dumps({name: value for name, value in (good | change).items() if value is not ...}).encode()


def soon(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


PROBLEMS = [
    (JSON, {}, b"", 400, "malformed_body"),
    (JSON, {}, b"{", 400, "malformed_body"),
    (JSON, {}, b'{"value": NaN}', 400, "malformed_body"),
    (JSON, {}, b'{"value": -Infinity}', 400, "malformed_body"),
    (JSON, {}, b"\xff\xfe[\x00]\x00", 400, "malformed_body"),
    (JSON, {}, reading() + reading(), 400, "malformed_body"),
    (JSON, {}, b"[" * 100_0, 400, "malformed_body"),
    (JSON, {}, b"[" + b",".join([reading()] * 21) + b"]", 413, "too_many_readings"),
    (JSON, {}, b" " * 10_001, 413, "body_too_large"),
    (JSON, {"Content-Encoding": "br"}, b"[]", 415, "unsupported_media_type"),
    (JSON, {"Content-Encoding": "gzip, zstd"}, b"[]", 415, "unsupported_media_type"),
    (JSON, {"Content-Encoding": "gzip"}, b"[]", 400, "malformed_body"),
    (JSON, {"Content-Encoding": "gzip"}, gzip.compress(reading())[:-5], 400, "malformed_body"),
    (JSON, {"Content-Encoding": "gzip"}, gzip.compress(b" " * 1_000_000), 413, "body_too_large"),
    (JSON, {"Content-Encoding": "gzip"}, gzip.compress(b"") * 400 + b"x", 400, "malformed_body"),
    (JSON, {"Content-Encoding": "zstd"}, b"[]", 400, "malformed_body"),
    (JSON, {"Content-Encoding": "zstd"}, zstd.compress(reading())[:-3], 400, "malformed_body"),
    (JSON, {"Content-Encoding": "zstd"}, zstd.compress(b" " * 100_000_000), 413, "body_too_large"),
    ("text/csv", {}, b"a,b", 415, "unsupported_media_type"),
    ("application/json; charset=latin-1", {}, b"[]", 415, "unsupported_media_type"),
    (NDJSON, {}, b"not json\nat all\n", 400, "malformed_body"),
    (NDJSON, {}, b"\n" * 22, 413, "too_many_readings"),
    (SENML, {}, b'{"n": "a", "v": 1}', 400, "malformed_body"),
    (SENML, {}, b'[{"n": "a", "v": 1', 400, "malformed_body"),
    (SENML, {}, b'[{"bver": 11, "n": "a", "v": 1}]', 400, "malformed_body"),
    (SENML, {}, b'[{"n": "\xff"}]', 400, "malformed_body"),
    (SENML, {}, b"[" + b",".join([b'{"n":"a"}'] * 21) + b"]", 413, "too_many_readings"),
]


@pytest.mark.parametrize(("media_type", "headers", "body", "status", "code"), PROBLEMS)
async def test_a_bad_request_is_a_problem(
    client: httpx.AsyncClient,
    producer: Any,
    media_type: str,
    headers: dict[str, Any],
    body: bytes,
    status: int,
    code: str,
) -> None:
    answer = await client.post("/v1/readings", content=body, headers={"Content-Type": media_type} | headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert producer.written == []


ITEMS = [
    (JSON, reading(value=None), "/value", "invalid_field"),
    (JSON, reading(value="1"), "/value", "invalid_field"),
    (JSON, reading(value=True), "/value", "invalid_field"),
    (JSON, reading(value=...), "/value", "missing_field"),
    (JSON, reading(sensor_id=...), "/sensor_id", "missing_field"),
    (JSON, reading(sensor_id="S1\n"), "/sensor_id", "invalid_field"),
    (JSON, reading(sensor_id="../etc"), "/sensor_id", "invalid_field"),
    (JSON, reading(sensor_id="s" * 65), "/sensor_id", "invalid_field"),
    (JSON, reading(sensor_type="tempé"), "/sensor_type", "invalid_field"),
    (JSON, reading(unit="Kelvin"), "/unit", "wrong_unit"),
    (JSON, reading(value=-273.16), "/value", "value_out_of_bounds"),
    (JSON, reading(value=1e300), "/value", "value_out_of_bounds"),
    (JSON, reading(sensor_type="any", unit="any", value=1.7e308), "/value", "value_out_of_bounds"),
    (JSON, reading(reading_id=AN_ID, sensor_type="any", value=-1.7e308), "/value", "value_out_of_bounds"),
    (NDJSON, reading(reading_id=AN_ID, sensor_type="any", value=1.7e308), "/value", "value_out_of_bounds"),
    (SENML, b'[{"n": "S1/any", "v": 1.7e308}]', "/value", "value_out_of_bounds"),
    (JSON, reading(sensor_type="humidity", unit="%", value=-0.1), "/value", "value_out_of_bounds"),
    (JSON, reading(battery_level=101), "/battery_level", "invalid_field"),
    (JSON, reading(battery_level="full"), "/battery_level", "invalid_field"),
    # Made at the start of all tests: an hour, so that it is still in the future on a slow machine.
    (JSON, reading(timestamp=soon(60)), "/timestamp", "timestamp_in_future"),
    (JSON, reading(timestamp=4_102_444_800_000), "/timestamp", "timestamp_in_future"),
    (JSON, reading(timestamp=1_772_366_400), "/timestamp", "invalid_field"),
    (JSON, reading(timestamp=1_772_366_400_000_000_000), "/timestamp", "invalid_field"),
    (JSON, reading(timestamp=True), "/timestamp", "invalid_field"),
    (JSON, reading(timestamp="2026-03-01"), "/timestamp", "invalid_field"),
    (JSON, reading(timestamp="2026-03-01T12:00:00"), "/timestamp", "invalid_field"),
    (JSON, reading(reading_id="1"), "/reading_id", "invalid_field"),
    (JSON, reading(is_anomaly=1), "/is_anomaly", "invalid_field"),
    (JSON, reading(location=""), "/location", "invalid_field"),
    (JSON, b"[null]", "", "not_an_object"),
    (NDJSON, reading(value="x") + b"\n", "/value", "invalid_field"),
    (NDJSON, b"17\n", "", "not_an_object"),
    (SENML, b'[{"bn": "S1/", "n": "temperature", "u": "Cel"}]', "/v", "missing_field"),
    (SENML, b'[{"n": "S1/state", "vs": "on"}]', "/vs", "unsupported_value"),
    (SENML, b'[{"n": "S1/state", "vd": "AA"}]', "/vd", "unsupported_value"),
    (SENML, b'[{"n": "S1/t", "v": 1, "vs": "on"}]', "/vs", "invalid_field"),
    (SENML, b'[{"n": "S1/t", "v": 1, "vb": false}]', "/vb", "invalid_field"),
    (SENML, b'[{"bver": 0, "n": "S1/t", "v": 1}]', "/bver", "invalid_field"),
    (SENML, b'[{"v": 1}]', "/n", "missing_field"),
    (SENML, b'[{"n": "S1", "v": 1}]', "/n", "missing_field"),
    (SENML, b'[{"n": 1, "v": 1}]', "/n", "invalid_field"),
    (SENML, b'[{"n": "S1/t", "v": "1"}]', "/v", "invalid_field"),
    (SENML, b'[{"n": "S1/t", "v": 1, "must_": 1}]', "/must_", "unknown_extension"),
    (SENML, b'[{"n": "S1/t", "v": 1, "t": 1e300}]', "/t", "invalid_field"),
    (SENML, b'[{"n": "S1/t", "v": 1, "t": 200000000}]', "/timestamp", "timestamp_in_future"),
    (SENML, b'[{"n": "S1/t", "v": 1.7e308, "bv": 1.7e308}]', "/value", "value_not_finite"),
    (SENML, b'[{"n": "S1/temperature", "u": "Cel", "v": -300}]', "/value", "value_out_of_bounds"),
    (SENML, b'[{"n": "a b/t", "v": 1}]', "/sensor_id", "invalid_field"),
]


@pytest.mark.parametrize(("media_type", "body", "pointer", "code"), ITEMS)
async def test_a_bad_item_is_rejected_where_it_is_wrong(
    client: httpx.AsyncClient, producer: Any, media_type: str, body: bytes, pointer: str, code: str
) -> None:
    answer = await client.post("/v1/readings", content=body, headers={"Content-Type": media_type})
    result = answer.json()
    assert (answer.status_code, result["accepted"], result["rejected"]) == (422, 0, 1)
    [error] = result["errors"]
    assert (error["index"], error["pointer"], error["code"]) == (0, pointer, code)
    assert error["detail"]
    assert producer.written == []


LINES = [
    (b"cpu", "missing fields"),
    (b"cpu value=", "missing field key or field value"),
    (b"cpu value=1,", "missing field key or field value after a comma"),
    (b",host=a value=1", "missing measurement"),
    (b"cpu,host= value=1", "missing tag key or tag value"),
    (b"cpu value=1 yesterday", "invalid timestamp"),
    (b"cpu value=1 99999999999999999999", "out of the range of 64 bits"),
    (b"cpu value=abc", "no number"),
    (b"cpu value=NaN", "no number"),
    (b"cpu value=1e999", "out of the range of a float"),
    (b"cpu value=9223372036854775808i", "out of the range of 64 bits"),
    (b"cpu value=-1u", "no number"),
    (b'cpu value="open', "missing field key or field value"),
    (b"cpu,sensor_id=a\\ b value=1", "sensor_id"),
    (b"climate,sensor_id=S1 temperature=-300", "impossible for temperature"),
    (b"climate,sensor_id=S1 temperature=20,battery_level=101", "percentage"),
    (b"climate,sensor_id=S1 temperature=20 4102444800000000000", "ahead of this server's clock"),
]


@pytest.mark.parametrize(("line", "cause"), LINES)
@pytest.mark.parametrize("path", ["/write", "/api/v2/write", "/api/v3/write_lp"])
async def test_a_bad_line_is_named_with_its_cause(
    client: httpx.AsyncClient, producer: Any, path: str, line: bytes, cause: str
) -> None:
    answer = await client.post(path, content=b"ok value=1\n# comment\n" + line)
    body = answer.json()
    assert answer.status_code == 400
    if path == "/write":
        assert body["error"].startswith("partial write: unable to parse")
        text = body["error"]
    elif path == "/api/v2/write":
        assert (body["code"], body["line"]) == ("invalid", 3)
        text = body["message"]
    else:
        assert body["error"] == "partial write of line protocol occurred"
        [entry] = body["data"]
        assert (entry["line_number"], entry["original_line"]) == (3, line.decode())
        text = f"line 3: {entry['error_message']}"
    assert "line 3" in text
    assert cause in text
    # The good line is taken, whatever stands on the others.
    assert {(reading.sensor_id, reading.value) for reading in producer.written} >= {("ok", 1.0)}
