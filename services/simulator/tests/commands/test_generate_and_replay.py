import csv
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastavro
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iot_contracts.readings import Reading
from simulator.replay.file_reader import readings_of
from simulator.replay.sensors import ReplayedSensor

Simulator = Callable[..., subprocess.CompletedProcess[str]]
PERIOD = ("--from", "2026-03-01T12:00:00Z", "--to", "2026-03-01T12:01:00Z")


@pytest.mark.parametrize("ending", ["ndjson", "jsonl", "json", "csv", "parquet", "avro"])
def test_what_is_generated_is_replayed_the_same(simulator: Simulator, sink: Any, tmp_path: Path, ending: str) -> None:
    file = f"made/out.{ending}"
    made = simulator("generate", file, *PERIOD, "--sensors", "7", "--interval", "1")
    assert made.returncode == 0, made.stderr
    readings = list(readings_of(tmp_path / file, ReplayedSensor("X", "x", "x", "x")))
    anomalies = sum(bool(reading.is_anomaly) for reading in readings if isinstance(reading, Reading))
    assert len(readings) == 7 * 60
    assert made.stdout.startswith(f"wrote 420 readings ({anomalies} anomalies) of 7 sensors, 2026-03-01T12:00:00")
    assert "100%" in made.stderr
    replayed = simulator("replay", file)
    assert replayed.returncode == 0, replayed.stderr
    assert replayed.stdout.startswith("sent 420, accepted 420, rejected 0, retried requests 0, ")
    assert "420/420" in replayed.stderr
    assert sink.readings == readings


def test_each_format_is_what_other_programs_read(simulator: Simulator, tmp_path: Path) -> None:
    for ending in ("ndjson", "json", "csv", "parquet", "avro"):
        assert simulator("generate", f"out.{ending}", *PERIOD, "--sensors", "2").returncode == 0
    whole = json.loads((tmp_path / "out.json").read_text())
    assert [json.loads(line) for line in (tmp_path / "out.ndjson").read_text().splitlines()] == whole
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["reading_id"], float(row["value"]), row["timestamp"]) for row in rows] == [
        (item["reading_id"], item["value"], item["timestamp"]) for item in whole
    ]
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column("value").to_pylist() == [item["value"] for item in whole]
    assert table.schema.field("timestamp").type == pa.timestamp("us", tz="UTC")
    with (tmp_path / "out.avro").open("rb") as binary:
        records: list[Any] = list(fastavro.reader(binary))
    assert [record["value"] for record in records] == [item["value"] for item in whole]
    assert [record["timestamp"] for record in records] == table.column("timestamp").to_pylist()


def test_the_same_order_gives_the_same_file(simulator: Simulator, tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        simulator("generate", f"{name}.ndjson", *PERIOD, "--seed", seed)
    first, second, other = ((tmp_path / f"{name}.ndjson").read_bytes() for name in "abc")
    assert first == second != other


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("out.xml",), 1, "'.xml' is no ending"),
        (("file/out.csv",), 1, "file/out.csv can't be written"),
        (("folder.csv", *PERIOD), 1, "folder.csv can't be written"),
        (("out.csv", "--from", "2026-03-02", "--to", "2026-03-01"), 2, "is not before"),
        (("out.csv", "--from", "0001-01-01T00:00+10:00"), 2, "is no ISO 8601 time"),
        (("out.csv", "--last", "week"), 2, "is no length"),
        (("out.csv", "--last", "9999999d"), 2, "no calendar"),
    ],
)
def test_what_can_t_be_generated_is_explained_and_leaves_nothing(
    simulator: Simulator, tmp_path: Path, arguments: tuple[str, ...], code: int, reason: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.csv").mkdir()
    result = simulator("generate", *arguments)
    assert (result.returncode, reason in result.stderr, "Traceback" in result.stderr) == (code, True, False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.csv"]


def test_a_series_is_replayed_as_one_sensor_and_the_same_way_again(
    simulator: Simulator, sink: Any, tmp_path: Path
) -> None:
    (tmp_path / "machine.csv").write_text("timestamp,value\n2013-12-02 21:15:00,73.9\n2013-12-02 21:20:00,74.9\n")
    assert simulator("replay", "machine.csv").returncode == 0
    assert simulator("replay", "machine.csv", "--batch", "1").returncode == 0
    assert sink.readings[:2] == sink.readings[2:]
    assert {(r.sensor_id, r.sensor_type, r.unit, r.location) for r in sink.readings} == {
        ("MACHINE", "machine_temperature", "Fahrenheit", "replay")
    }


def test_times_of_nanoseconds_are_replayed(simulator: Simulator, sink: Any, tmp_path: Path) -> None:
    times = pa.array([1_767_225_600_000_000_001, 1_767_225_660_000_000_000], pa.timestamp("ns"))
    pq.write_table(pa.table({"timestamp": times, "value": [1.0, 2.0]}), tmp_path / "series.parquet")
    result = simulator("replay", "series.parquet")
    assert result.returncode == 0, result.stderr
    assert [f"{r.timestamp:%Y-%m-%d %H:%M:%S.%f}" for r in sink.readings] == [
        "2026-01-01 00:00:00.000000",
        "2026-01-01 00:01:00.000000",
    ]


CSV = "timestamp,value\n2026-03-01T12:00:00.000000001Z,1\n2026-03-01T12:00:00.000000002Z,1\n"


def test_two_rows_a_nanosecond_apart_are_two_readings_and_the_same_two_again(
    simulator: Simulator, sink: Any, tmp_path: Path
) -> None:
    (tmp_path / "fast.csv").write_text(CSV)
    for _ in range(2):
        assert simulator("replay", "fast.csv").returncode == 0
    first, second, *again = sink.readings
    assert first.timestamp == second.timestamp
    assert first.reading_id != second.reading_id
    assert [first, second] == again


def test_a_row_is_the_reading_of_the_sensor_that_it_names(simulator: Simulator, sink: Any, tmp_path: Path) -> None:
    (tmp_path / "mixed.csv").write_text(
        "timestamp,value,sensor_id,sensor_type,battery_level\n"
        "2026-03-01T12:00:00Z,20,A,temperature,50\n2026-03-01T12:00:00Z,60,B,humidity,\n2026-03-01T12:00:01Z,70,B,,\n"
    )
    assert simulator("replay", "mixed.csv", "--location", "hall").returncode == 0
    assert [(r.sensor_id, r.sensor_type, r.unit, r.battery_level, r.location) for r in sink.readings] == [
        ("A", "temperature", "Celsius", 50.0, "hall"),
        ("B", "humidity", "%", None, "hall"),
        ("B", "machine_temperature", "Fahrenheit", None, "hall"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", "timestamp,value\n2026-03-01T12:00:00Z,1\n1772366400000,2\n", "line 3: '1772366400000': A number"),
        ("a.csv", "timestamp,value\n20260301,2\n", "line 2: '20260301': A number"),
        ("a.csv", "timestamp,value,Value\n2026-03-01T12:00:00Z,1,2\n", "2 columns named 'value'"),
        ("a.csv", "timestamp,value,sensor_type\n2026-03-01T12:00:00Z,1,wind\n", "no type 'wind'; name its unit"),
        ("a.ndjson", '{"value": 1, "value": 2}\n', "line 1: value: The field 'value' is there 2 times"),
        ("a.json", '[{"timestamp": 1772366400}]', "item 1: "),
        pytest.param("a.json", "[" * 200_000, "is nested too deeply", id="deep"),
        ("a.parquet", "timestamp,value\n", "can't be read as Parquet"),
        ("a.avro", "timestamp,value\n", "is no Avro"),
    ],
)
def test_what_can_t_be_read_one_way_is_refused_before_anything_is_sent(
    simulator: Simulator, sink: Any, tmp_path: Path, name: str, content: str, reason: str
) -> None:
    (tmp_path / name).write_text(content)
    result = simulator("replay", name)
    assert (result.returncode, sink.readings, "Traceback" in result.stderr) == (1, [], False)
    assert reason in result.stderr


def test_a_sensor_that_the_file_names_is_not_named_again(simulator: Simulator, sink: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("timestamp,value,sensor_id\n2026-03-01T12:00:00Z,1,A\n")
    result = simulator("replay", "a.csv", "--sensor-id", "B")
    assert (result.returncode, "leave --sensor-id out" in result.stderr, sink.readings) == (1, True, [])


def test_bad_rows_are_left_out_when_told_so(simulator: Simulator, sink: Any, tmp_path: Path) -> None:
    rows = [b"2026-03-01T12:00:00Z,1", b"\xff,1", b'"2026', b"2026-03-01T12:00:01Z,2", b"2026-03-01,nan"]
    (tmp_path / "a.csv").write_bytes(b"timestamp,value\n" + b"\n".join(rows))
    result = simulator("replay", "a.csv", "--skip-bad-rows")
    assert result.stdout.rstrip().endswith("skipped rows 3")
    assert [reading.value for reading in sink.readings] == [1.0, 2.0]


def test_a_replay_at_a_speed_takes_its_time(simulator: Simulator, sink: Any, tmp_path: Path) -> None:
    simulator("generate", "out.ndjson", *PERIOD, "--sensors", "1", "--interval", "10")
    replayed = simulator("replay", "out.ndjson", "--speed", "50")
    assert replayed.returncode == 0
    assert (len(sink.readings), sink.requests) == (6, 6)
    assert 1.0 <= float(replayed.stdout.split()[-2]) < 3


def test_a_replay_waits_for_an_ingest_api_that_is_away_for_a_moment(
    simulator: Simulator, sink: Any, tmp_path: Path
) -> None:
    simulator("generate", "out.ndjson", *PERIOD)
    sink.statuses = [202, 503, 401, 404]
    replayed = simulator("replay", "out.ndjson", "--batch", "300")
    assert replayed.returncode == 0
    assert "accepted 600, rejected 0, retried requests 3" in replayed.stdout
    assert sink.readings == msgspec.json.Decoder(Reading).decode_lines((tmp_path / "out.ndjson").read_bytes())


def test_a_replay_without_patience_ends_and_says_how_to_go_on(simulator: Simulator) -> None:
    simulator("generate", "out.ndjson", *PERIOD)
    result = simulator("replay", "out.ndjson", "--url", "http://127.0.0.1:9", "--patience-s", "0.2")
    assert result.returncode == 1
    assert "Run the same command again" in result.stderr
    assert result.stdout.startswith("sent 0, accepted 0, rejected 0")
