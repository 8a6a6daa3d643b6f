"""What the Kafka tools decide without a broker: where to begin, how a record is shown, what a file holds, repairs."""

import http.server
import io
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fastavro
import pytest
from rich.console import Console
from typer.testing import CliRunner

from iot_contracts.dead_letters import DeadLetter, DeadLetterReason
from iot_domain.reading_files.records import BadItem, InvalidFileError
from iotctl.cli import app
from iotctl.kafka_tools.dead_letters import Letter, _decode, parse_repair
from iotctl.kafka_tools.ingest_client import IngestClient
from iotctl.kafka_tools.messages import message
from iotctl.kafka_tools.reading_files import Item, read_items
from iotctl.kafka_tools.replay import replay
from iotctl.kafka_tools.send import send
from iotctl.kafka_tools.starting_point import AtOffset, AtTime, Beginning, Latest, parse_starting_point
from stack.errors import IotctlError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("beginning", Beginning()),
        ("latest", Latest()),
        ("250", AtOffset(250)),
        ("2026-03-01T12:00:00Z", AtTime(datetime(2026, 3, 1, 12, tzinfo=UTC))),
        ("2026-03-01T13:00:00+01:00", AtTime(datetime(2026, 3, 1, 12, tzinfo=UTC))),
        ("2026-03-01", AtTime(datetime(2026, 3, 1, tzinfo=UTC))),
    ],
)
def test_where_to_begin(text: str, expected: object) -> None:
    assert parse_starting_point(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "-1", "2026-13-01T00:00:00Z", "2026-W10", "2026-03", "20260301T00"])
def test_a_place_that_is_none_is_told_what_may_stand_there(text: str) -> None:
    with pytest.raises(ValueError, match="say beginning, latest, an offset"):
        parse_starting_point(text)


def test_a_reading_is_shown_with_its_place_and_time() -> None:
    payload = (
        b'{"reading_id":"r","sensor_id":"S1","sensor_type":"light","value":1.5,"unit":"lux","location":"L",'
        b'"timestamp":"T","battery_level":9}'
    )
    shown = message("iot-sensors", 2, 7, 1_767_225_600_123, b"S1", payload)
    assert shown.line() == (
        "iot-sensors 2 7 2026-01-01T00:00:00.123Z  S1  light 1.5 lux  L  T  reading_id=r battery_level=9"
    )
    assert shown.as_json()["message"]["value"] == 1.5
    assert shown.names()["partition"] == 2


@pytest.mark.parametrize("timestamp_ms", [-1, 2**63 - 1, -(2**63)])
def test_a_record_with_a_time_that_no_calendar_has_is_shown(timestamp_ms: int) -> None:
    assert message("t", 0, 1, timestamp_ms, None, b"x").line().startswith("t 0 1 ")


@pytest.mark.parametrize("depth", [900, 5000, 100_000])
def test_what_is_nested_deeply_is_shown_and_a_replay_leaves_it_out(client: IngestClient, depth: int) -> None:
    payload = b'{"x":' + b"[" * depth + b"]" * depth + b"}"
    shown = message("t", 0, 1, 0, None, payload)
    assert json.loads(json.dumps(shown.as_json()))["payload_base64"]
    assert shown.line().endswith(repr(payload))
    letter = a_letter(payload)
    assert letter.shown().endswith(repr(payload))
    assert [outcome.fate for outcome in replay(client, [letter], parse_repair([], []))] == ["skipped"]


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"[" * 5000 + b"]" * 5000, b'{"reason":"\xff"}'])
def test_what_is_no_letter_on_the_topic_of_letters_is_shown_as_one(payload: bytes) -> None:
    letter = _decode(payload, datetime(2026, 3, 1, tzinfo=UTC))
    assert (letter.payload, letter.reason) == (payload, DeadLetterReason.NOT_JSON)


DEEP = b'{"a":' + b"[" * 500 + b"]" * 500 + b"}"


@pytest.mark.parametrize(
    "payload",
    [b"\xff{", b"[1]", b"", b"NaN", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'{"a": "\xff"}', DEEP],
)
def test_what_is_no_object_is_shown_byte_for_byte(payload: bytes) -> None:
    shown = message("t", 0, 1, 0, None, payload)
    assert shown.line().endswith(repr(payload))
    assert "payload_base64" in shown.as_json()
    assert shown.names() == {"topic": "t", "partition": 0, "offset": 1, "key": None}


def read(content: bytes, ending: str = ".json") -> list[tuple[str, Any]]:
    """Each item's place, and its fields but for the id, or what is wrong with it."""
    found: list[tuple[str, Any]] = []
    for item in read_items(io.BytesIO(content), ending):
        if isinstance(item, BadItem):
            found.append((item.place, item.reason))
        else:
            fields = json.loads(item.text)
            del fields["reading_id"]
            found.append((item.place, fields))
    return found


def lines_of(count: int) -> list[tuple[str, Any]]:
    return [(f"line {number}", {"a": number}) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', lines_of(1)),
        ('{"a": 1}\n{"a": 2}\n', lines_of(2)),
        ('{"a": 1}\n\n{"a": 2}\r\n', [("line 1", {"a": 1}), ("line 3", {"a": 2})]),
        ('[{"a": 1}, {"a": 2}]', [("item 0", {"a": 1}), ("item 1", {"a": 2})]),
        ('\n [\n{"a": 1}\n]', [("item 0", {"a": 1})]),
        ('{\n"a": 1\n}', [("item 0", {"a": 1})]),
        ('\ufeff{"a": 1}', lines_of(1)),
        ('\ufeff[{"a": 1}]', [("item 0", {"a": 1})]),
        ('\ufeff\n{"a": 1}', [("line 2", {"a": 1})]),
        ('\ufeff{\n"a": 1}', [("item 0", {"a": 1})]),
        ("", []),
        ("\ufeff", []),
        ("[]", []),
    ],
)
def test_a_file_is_an_object_an_array_or_lines(text: str, expected: list[tuple[str, Any]]) -> None:
    assert read(text.encode()) == expected


@pytest.mark.parametrize("ending", [".json", ".ndjson", ""])
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"not json", "is not JSON"),
        (b'{"a": 1', "is not JSON"),
        (b'{"a": NaN}', "is not JSON"),
        (b'{"a": 1, "a": 1}', "a: The field 'a' is there 2 times"),
        (b'{"a": 1, "\\u0061": 1}', "a: The field 'a' is there 2 times"),
        (b'{"reading_id": null, "reading_id": null}', "reading_id: The field 'reading_id' is there 2 times"),
        pytest.param(b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "is nested too deeply", id="deep"),
        (b'{"a": "\xff"}', "is not UTF-8 at byte 7"),
        (b"7", "Expected `object`, got `int`; send a reading"),
    ],
)
def test_a_line_that_can_t_be_read_one_way_is_told_and_the_others_are_taken(
    ending: str, line: bytes, reason: str
) -> None:
    for lines in ([line, b'{"a": 2}', b'{"a": 3}'], [b'{"a": 1}', line, b'{"a": 3}']):
        bad = lines.index(line)
        found = read(b"\n".join(lines), ending)
        assert found[:bad] + found[bad + 1 :] == lines_of(3)[:bad] + lines_of(3)[bad + 1 :]
        assert found[bad][0] == f"line {bad + 1}"
        assert found[bad][1].startswith(reason)


def test_what_an_ignored_field_holds_is_left_as_it_is() -> None:
    [item] = read_items(io.BytesIO(b'{"x": {"a": 1, "a": 2}, "timestamp": 1772366399999.9999999}'), ".json")
    assert isinstance(item, Item)
    assert b'{"a": 1, "a": 2}' in item.text
    assert b"1772366399999.9999999" in item.text


def test_a_broken_array_is_told_by_line_and_column() -> None:
    with pytest.raises(InvalidFileError, match="line 2, column 1"):
        read(b'[{"a": 1}\n{"a": 2}]')


def test_a_table_is_whole_readings() -> None:
    rows = (
        b"S1,temperature,here,21.5,Celsius,2026-03-01T12:00:00.0000009Z\nS1,temperature,here,warm,Celsius,2026-03-01\n"
    )
    first, second = read(b"sensor_id,sensor_type,location,value,unit,timestamp\n" + rows, ".csv")
    assert first[1] == {
        "sensor_id": "S1",
        "sensor_type": "temperature",
        "location": "here",
        "value": 21.5,
        "unit": "Celsius",
        "timestamp": "2026-03-01T12:00:00Z",
    }
    assert second == ("line 3", "'warm' is no number, such as 21.5 or -7e-06, without blanks around it (column value)")
    [(place, reason)] = read(b"timestamp,value\n2026-03-01,1\n", ".csv")
    assert (place, "simulator replay" in reason) == ("line 2", True)


def test_parquet_is_for_the_simulator(client: IngestClient, tmp_path: Path) -> None:
    file = tmp_path / "a.PARQUET"
    file.touch()
    with pytest.raises(IotctlError, match="pyarrow") as raised:
        send(client, str(file), 4, Console(quiet=True))
    assert f"simulator replay {file}" in str(raised.value.remedy)


def test_avro_is_read_by_its_own_types() -> None:
    row = {"sensor_id": "S1", "sensor_type": "t", "location": "here", "value": 1.5, "unit": "u", "timestamp": 0}
    times = {"type": "long", "logicalType": "timestamp-micros"}
    kinds = {"value": "double", "timestamp": times}
    fields = [{"name": name, "type": kinds.get(name, "string")} for name in row]
    file = io.BytesIO()
    fastavro.writer(file, {"type": "record", "name": "r", "fields": fields}, [row, row | {"sensor_id": "a b"}])
    file.seek(0)
    item, bad = read_items(file, ".avro")
    assert isinstance(item, Item)
    sent = json.loads(item.text)
    assert sent.pop("reading_id")
    assert sent == row | {"timestamp": "1970-01-01T00:00:00Z"}
    assert isinstance(bad, BadItem)
    assert bad.place == "row 2"


def test_ids_are_the_same_each_time_and_differ_by_place_and_content() -> None:
    def ids(content: bytes, ending: str = ".json") -> list[str]:
        items = read_items(io.BytesIO(content), ending)
        return [json.loads(item.text)["reading_id"] for item in items if isinstance(item, Item)]

    assert ids(b'{"value": 1}') == ids(b'{"value": 1}')
    assert len({*ids(b'{"value": 1}\n{"value": 1}'), *ids(b'{"value": 2}')}) == 3
    assert ids(b'{"reading_id": "mine"}') == ["mine"]
    times = b'{"timestamp": 1772366400000.0001}', b'{"timestamp": 1772366400000.0002}'
    assert ids(times[0]) != ids(times[1])
    header = b"sensor_id,sensor_type,location,value,unit,timestamp\nS1,t,here,1,u,2026-03-01T12:00:00"
    assert ids(header, ".csv") == ids(header, ".csv") != ids(header + b".0000001Z", ".csv")


class Ingest(http.server.BaseHTTPRequestHandler):
    """Answers as ingest-api does: rejects values that are no numbers, refuses bodies with a poison, is busy once."""

    posted: list[list[dict[str, object]]]
    busy: int

    def do_POST(self) -> None:
        readings = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if type(self).busy:
            type(self).busy -= 1
            self._answer(503, {"title": "Too much is in flight"})
        elif any(reading.get("poison") for reading in readings):
            self._answer(400, {"title": "The body is not valid JSON", "detail": "At byte 3"})
        else:
            type(self).posted.append(readings)
            bad = [n for n, reading in enumerate(readings) if not isinstance(reading.get("value"), int | float)]
            errors = [{"index": n, "pointer": "/value", "code": "invalid_field", "detail": "no number"} for n in bad]
            result = {"accepted": len(readings) - len(bad), "rejected": len(bad), "errors": errors}
            self._answer(207 if bad else 202, result)

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def client() -> Iterator[IngestClient]:
    Ingest.posted, Ingest.busy = [], 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ingest)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    with IngestClient(f"http://127.0.0.1:{server.server_port}", patience_s=5) as client:
        yield client
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_item_is_counted_and_a_spoilt_batch_loses_only_what_spoils_it(
    client: IngestClient, tmp_path: Path
) -> None:
    file = tmp_path / "readings.ndjson"
    lines = [{"value": n} for n in range(7)] + [{"value": "x"}, {"value": 1, "poison": True}]
    file.write_text("\n".join(map(json.dumps, lines)) + "\nnot json\n")
    tally = send(client, str(file), 4, Console(quiet=True))
    assert (tally.accepted, tally.rejected) == (7, 3)
    assert [error.partition(":")[0] for error in sorted(tally.errors)] == ["line 10", "line 8", "line 9"]


def test_a_busy_ingest_api_gets_the_same_ids_again_and_so_does_a_second_run(
    client: IngestClient, tmp_path: Path
) -> None:
    file = tmp_path / "readings.json"
    file.write_text('[{"value": 1}, {"value": 2}]')
    Ingest.busy = 1
    send(client, str(file), 10, Console(quiet=True))
    send(client, str(file), 10, Console(quiet=True))
    first, second = Ingest.posted
    assert first == second
    assert len({reading["reading_id"] for reading in first}) == 2


def test_an_ingest_api_that_stays_away_is_told_with_a_remedy(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text('{"value": 1}')
    with (
        IngestClient("http://127.0.0.1:9", patience_s=0.1) as client,
        pytest.raises(IotctlError, match="did not take it"),
    ):
        send(client, str(file), 10, Console(quiet=True))


def a_letter(payload: bytes, offset: int = 3) -> Letter:
    content = DeadLetter(
        reason=DeadLetterReason.INVALID_FIELD,
        detail="value",
        payload=payload,
        source_topic="iot-sensors",
        source_partition=1,
        source_offset=42,
        failed_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    return Letter(offset, content)


def test_what_a_sender_wrote_cannot_write_to_the_terminal() -> None:
    fields = dict.fromkeys(("sensor_id", "sensor_type", "value", "unit", "timestamp"), "é")
    payload = json.dumps({**fields, "location": "\x1b[2J\u009b2J\u202e"}).encode()
    escaped = r"\x1b[2J\x9b2J\u202e"
    assert f"é  é é é  {escaped}  é" in message("t", 0, 1, 0, None, payload).line()
    assert all(line.isprintable() for line in a_letter(payload).shown().split("\n"))


def test_a_letter_is_shown_with_its_payload_decoded_and_filtered_by_both() -> None:
    letter = a_letter(b'{"value": "x", "reason": "mine"}')
    assert '"value": "x"' in letter.shown()
    assert letter.as_json()["payload_text"] == '{"value": "x", "reason": "mine"}'
    names = letter.names()
    assert (names["value"], names["reason"], names["source_offset"], names["offset"]) == ("x", "invalid_field", 42, 3)
    assert r"\xff" in a_letter(b"\xff").shown()
    assert "[[[[" in a_letter(DEEP).shown()
    assert "payload" not in a_letter(b'{"value": 1, "value": 2}').names()


@pytest.mark.parametrize(
    "payload", [b"", b"\xff", b'{"reason": "\xff"}', pytest.param(b"[" * 200_000, id="deep"), b"{}"]
)
def test_what_is_no_letter_is_shown_as_one(payload: bytes) -> None:
    letter = Letter(1, _decode(payload, datetime(2026, 3, 1, tzinfo=UTC)))
    assert letter.content.reason is DeadLetterReason.NOT_JSON
    assert letter.content.payload == payload


def test_a_repair_sets_json_or_text_and_takes_out() -> None:
    repair = parse_repair(["value=21.5", "unit=Celsius", "is_anomaly=true"], ["extra"])
    repaired = repair.apply(a_letter(b'{"value": "x", "extra": 1, "reading_id": "r"}'))
    assert repaired == {"value": 21.5, "unit": "Celsius", "is_anomaly": True, "reading_id": "r"}
    with pytest.raises(ValueError, match="name=value"):
        parse_repair(["unit"], [])
    with pytest.raises(ValueError, match="a second time"):
        parse_repair(["unit=C", "unit=K"], [])


def test_a_replay_says_what_became_of_each_and_posts_the_same_ids_again(client: IngestClient) -> None:
    payloads = (b'{"value": 1}', b'{"value": "x"}', b"\xff", b'{"value": 1, "value": 2}')
    letters = [a_letter(payload, offset) for offset, payload in enumerate(payloads, 3)]
    unchanged = parse_repair([], [])
    fates = [[outcome.fate for outcome in replay(client, letters, unchanged)] for _ in range(2)]
    assert fates == [["accepted", "rejected", "skipped", "skipped"]] * 2
    ids = [readings[0]["reading_id"] for readings in Ingest.posted]
    assert ids[:2] == ids[2:]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["tail", "iot-sensors", "--from", "yesterday"], "say beginning, latest"),
        (["tail", "iot-sensors", "--filter", "value >"], "for example"),
        (["tail", "iot-sensors", "--group", "g", "--from", "3"], "goes on where it stopped"),
        (["dlq", "replay", "--set", "unit"], "name=value"),
    ],
)
def test_wrong_arguments_are_explained_before_kafka_is_asked(arguments: list[str], what: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, IotctlError)
    assert what in str(result.exception)
