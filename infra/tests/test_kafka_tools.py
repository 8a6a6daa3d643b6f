"""What the Kafka tools decide without a broker: where to begin, how a record is shown, what a file holds, repairs."""

import http.server
import io
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from iot_contracts.dead_letters import DeadLetter, DeadLetterReason
from iotctl.cli import app
from iotctl.errors import IotctlError
from iotctl.kafka_tools.dead_letters import Letter, _decode, parse_repair
from iotctl.kafka_tools.front_door import FrontDoor
from iotctl.kafka_tools.messages import message
from iotctl.kafka_tools.reading_files import Item, items_of, with_reading_id
from iotctl.kafka_tools.replay import replay
from iotctl.kafka_tools.send import send
from iotctl.kafka_tools.starting_point import AtOffset, AtTime, Beginning, Latest, parse_starting_point


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
def test_where_to_begin(text: str, expected: object):
    assert parse_starting_point(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "-1", "2026-13-01T00:00:00Z"])
def test_a_place_that_is_none_is_told_what_may_stand_there(text: str):
    with pytest.raises(ValueError, match="say beginning, latest, an offset"):
        parse_starting_point(text)


def test_a_reading_is_shown_with_its_place_and_time():
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
def test_a_record_with_a_time_that_no_calendar_has_is_shown(timestamp_ms: int):
    assert message("t", 0, 1, timestamp_ms, None, b"x").line().startswith("t 0 1 ")


@pytest.mark.parametrize("depth", [900, 5000, 100_000])
def test_what_is_nested_deeply_is_shown_and_a_replay_leaves_it_out(door: FrontDoor, depth: int):
    payload = b'{"x":' + b"[" * depth + b"]" * depth + b"}"
    shown = message("t", 0, 1, 0, None, payload)
    assert json.loads(json.dumps(shown.as_json()))["payload_base64"]
    assert shown.line().endswith(repr(payload))
    letter = a_letter(payload)
    assert letter.shown().endswith(repr(payload))
    assert [outcome.fate for outcome in replay(door, [letter], parse_repair([], []))] == ["skipped"]


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"[" * 5000 + b"]" * 5000, b'{"reason":"\xff"}'])
def test_what_is_no_letter_on_the_topic_of_letters_is_shown_as_one(payload: bytes):
    letter = _decode(payload, datetime(2026, 3, 1, tzinfo=UTC))
    assert (letter.payload, letter.reason) == (payload, DeadLetterReason.NOT_JSON)


@pytest.mark.parametrize("payload", [b"\xff{", b"[1]", b"", b"NaN"])
def test_what_is_no_object_is_shown_byte_for_byte(payload: bytes):
    shown = message("t", 0, 1, 0, None, payload)
    assert shown.line().endswith(repr(payload))
    assert "payload_base64" in shown.as_json()
    assert shown.names() == {"topic": "t", "partition": 0, "offset": 1, "key": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', [Item("line 1", {"a": 1})]),
        ('{"a": 1}\n\n{"a": 2}\n', [Item("line 1", {"a": 1}), Item("line 3", {"a": 2})]),
        ('[{"a": 1}, 2]', [Item("item 0", {"a": 1}), Item("item 1", 2)]),
        ('\n [\n{"a": 1}\n]', [Item("item 0", {"a": 1})]),
        ('{\n"a": 1\n}', [Item("item 0", {"a": 1})]),
        ('\ufeff{"a": 1}', [Item("line 1", {"a": 1})]),
        ("", []),
        ("[]", []),
    ],
)
def test_a_file_is_an_object_an_array_or_lines(text: str, expected: list[Item]):
    assert list(items_of(io.StringIO(text))) == expected


def test_a_broken_line_is_told_and_the_others_are_taken():
    items = list(items_of(io.StringIO('{"a": 1}\nnot json\n{"a": NaN}\n{"a": 2}')))
    assert [item.value for item in items] == [{"a": 1}, None, None, {"a": 2}]
    assert (items[1].place, "column 1" in items[1].trouble) == ("line 2", True)
    assert "NaN" in items[2].trouble


def test_a_broken_array_is_told_by_line_and_column():
    with pytest.raises(ValueError, match="line 2, column 1"):
        list(items_of(io.StringIO('[{"a": 1}\n{"a": 2}]')))


def test_ids_are_the_same_each_time_and_differ_by_place_and_content():
    def reading_id(place: str, value: float) -> str:
        made: str = with_reading_id(Item(place, {"value": value})).value["reading_id"]
        return made

    assert reading_id("line 1", 1.0) == reading_id("line 1", 1.0)
    assert len({reading_id("line 1", 1.0), reading_id("line 2", 1.0), reading_id("line 1", 2.0)}) == 3
    assert with_reading_id(Item("line 1", {"reading_id": "mine"})).value == {"reading_id": "mine"}


class Ingest(http.server.BaseHTTPRequestHandler):
    """Answers as ingest-api does: rejects values that are no numbers, refuses bodies with a poison, is busy once."""

    posted: list[list[dict]]
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
def door() -> Iterator[FrontDoor]:
    Ingest.posted, Ingest.busy = [], 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ingest)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    with FrontDoor(f"http://127.0.0.1:{server.server_port}", patience_s=5) as door:
        yield door
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_item_is_counted_and_a_spoilt_batch_loses_only_what_spoils_it(door: FrontDoor, tmp_path: Path):
    file = tmp_path / "readings.ndjson"
    lines = [{"value": n} for n in range(7)] + [{"value": "x"}, {"value": 1, "poison": True}]
    file.write_text("\n".join(map(json.dumps, lines)) + "\nnot json\n")
    tally = send(door, str(file), 4, Console(quiet=True))
    assert (tally.accepted, tally.rejected) == (7, 3)
    assert [error.partition(":")[0] for error in sorted(tally.errors)] == ["line 10", "line 8", "line 9"]


def test_a_busy_ingest_api_gets_the_same_ids_again_and_so_does_a_second_run(door: FrontDoor, tmp_path: Path):
    file = tmp_path / "readings.json"
    file.write_text('[{"value": 1}, {"value": 2}]')
    Ingest.busy = 1
    send(door, str(file), 10, Console(quiet=True))
    send(door, str(file), 10, Console(quiet=True))
    first, second = Ingest.posted
    assert first == second
    assert len({reading["reading_id"] for reading in first}) == 2


def test_an_ingest_api_that_stays_away_is_told_with_a_remedy(tmp_path: Path):
    file = tmp_path / "one.json"
    file.write_text('{"value": 1}')
    with FrontDoor("http://127.0.0.1:9", patience_s=0.1) as door, pytest.raises(IotctlError, match="did not take it"):
        send(door, str(file), 10, Console(quiet=True))


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


def test_what_a_sender_wrote_cannot_write_to_the_terminal():
    fields = dict.fromkeys(("sensor_id", "sensor_type", "value", "unit", "timestamp"), "é")
    payload = json.dumps({**fields, "location": "\x1b[2J\u009b2J\u202e"}).encode()
    escaped = r"\x1b[2J\x9b2J\u202e"
    assert f"é  é é é  {escaped}  é" in message("t", 0, 1, 0, None, payload).line()
    assert all(line.isprintable() for line in a_letter(payload).shown().split("\n"))


def test_a_letter_is_shown_with_its_payload_decoded_and_filtered_by_both():
    letter = a_letter(b'{"value": "x", "reason": "mine"}')
    assert '"value": "x"' in letter.shown()
    assert letter.as_json()["payload_text"] == '{"value": "x", "reason": "mine"}'
    names = letter.names()
    assert (names["value"], names["reason"], names["source_offset"], names["offset"]) == ("x", "invalid_field", 42, 3)
    assert r"\xff" in a_letter(b"\xff").shown()


def test_a_repair_sets_json_or_text_and_takes_out():
    repair = parse_repair(["value=21.5", "unit=Celsius", "is_anomaly=true"], ["extra"])
    repaired = repair.apply(a_letter(b'{"value": "x", "extra": 1, "reading_id": "r"}'))
    assert repaired == {"value": 21.5, "unit": "Celsius", "is_anomaly": True, "reading_id": "r"}
    with pytest.raises(ValueError, match="name=value"):
        parse_repair(["unit"], [])


def test_a_replay_says_what_became_of_each_and_posts_the_same_ids_again(door: FrontDoor):
    letters = [a_letter(b'{"value": 1}'), a_letter(b'{"value": "x"}', 4), a_letter(b"\xff", 5)]
    unchanged = parse_repair([], [])
    fates = [[outcome.fate for outcome in replay(door, letters, unchanged)] for _ in range(2)]
    assert fates == [["accepted", "rejected", "skipped"]] * 2
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
def test_wrong_arguments_are_explained_before_kafka_is_asked(arguments: list[str], what: str):
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, IotctlError)
    assert what in str(result.exception)
