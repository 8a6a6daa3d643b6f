import json
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from iot_contracts.readings import Reading

Start = Callable[..., subprocess.Popen[str]]
Simulator = Callable[..., subprocess.CompletedProcess[str]]

LINE = re.compile(
    r"\[(\d+)\] (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) \| (SENSOR_\d{3}) \| "
    r"([a-z_]+): (\S+) (\S+) \| ([\w-]+) \| (Normal|ANOMALY)"
)


def shown(number: int, reading: Reading) -> tuple[str, ...]:
    verdict = "ANOMALY" if reading.is_anomaly else "Normal"
    when = f"{reading.timestamp:%Y-%m-%d %H:%M:%S}"
    told = (str(reading.value), reading.unit, reading.location, verdict)
    return (str(number), when, reading.sensor_id, reading.sensor_type, *told)


def test_each_reading_is_printed_once_and_delivered(simulator: Simulator, sink: Any) -> None:
    result = simulator("run", "--rate", "100", "--duration", "1", "--anomaly-rate", "0.2")
    assert result.returncode == 0, result.stderr
    *lines, summary = result.stdout.splitlines()
    found = [LINE.fullmatch(line) for line in lines]
    assert [match.groups() for match in found if match] == [
        shown(number, reading) for number, reading in enumerate(sink.readings, start=1)
    ]
    anomalies = sum(bool(reading.is_anomaly) for reading in sink.readings)
    assert 0 < anomalies < len(sink.readings)
    assert 95 <= len(lines) <= 130
    assert summary == (
        f"measured {len(lines)}, anomalies {anomalies}, accepted {len(lines)}, rejected 0, dropped 0, "
        "kept for the next run 0, retried requests 0"
    )


def test_quiet_prints_the_summary_only(simulator: Simulator, sink: Any) -> None:
    result = simulator("run", "--quiet", "--duration", "0.3")
    assert result.returncode == 0
    [summary] = result.stdout.splitlines()
    assert summary.startswith(f"measured {len(sink.readings)}, ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_with_a_summary_once_all_is_delivered(start: Start, sink: Any, number: signal.Signals) -> None:
    process = start("run", "--rate", "50")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(20)]
    assert lines[19].startswith("[20] ")
    process.send_signal(number)
    *more, summary = process.stdout.read().splitlines()
    assert process.wait(timeout=10) == 0
    assert len(sink.readings) == 20 + len(more)
    assert f"accepted {len(sink.readings)}, rejected 0, dropped 0, kept for the next run 0" in summary


def test_the_same_seed_and_start_are_the_same_readings(simulator: Simulator, sink: Any) -> None:
    order = ("run", "--quiet", "--rate", "100", "--duration", "0.5", "--start", "2026-03-01T12:00:00Z", "--seed")
    simulator(*order, "7")
    first, sink.readings = sink.readings, []
    simulator(*order, "7")
    again, sink.readings = sink.readings, []
    simulator(*order, "8")
    both = min(len(first), len(again))
    assert both >= 45
    assert first[:both] == again[:both]
    assert f"{first[0].timestamp.isoformat()}" == "2026-03-01T12:00:00+00:00"
    assert not {reading.reading_id for reading in first} & {reading.reading_id for reading in sink.readings}


def test_readings_that_are_not_taken_are_kept_and_the_next_run_delivers_them_first(
    simulator: Simulator, sink: Any, tmp_path: Path
) -> None:
    (tmp_path / "away.yaml").write_text("flush_timeout_ms: 0\nsensor_count: 5\n")
    away = simulator("run", "--duration", "0.3", "--config", "away.yaml", "--tee", "--url", "http://127.0.0.1:9")
    assert away.returncode == 1
    kept = int(re.findall(r"kept for the next run (\d+)", away.stdout)[0])
    assert kept > 0
    assert "last error: ingest-api can't be reached" in away.stderr
    back = simulator("run", "--duration", "0.3", "--tee")
    assert back.returncode == 0, back.stderr
    files = sorted((tmp_path / "data").glob("iot_data_*.json"))
    copies = [msgspec.json.decode(file.read_bytes(), type=list[Reading]) for file in files]
    assert len(copies[0]) == kept
    assert copies[0] + copies[1] == sink.readings


def test_what_is_rejected_is_told_and_the_exit_code_says_so(simulator: Simulator, sink: Any) -> None:
    sink.statuses = [413]
    result = simulator("run", "--quiet", "--duration", "0.3")
    assert result.returncode == 1
    assert re.search(r"last error: \d+ readings were rejected: item 0 : ingest-api answered 413", result.stderr)


def test_a_reader_that_leaves_ends_it_once_all_is_delivered(start: Start, sink: Any, tmp_path: Path) -> None:
    process = start("run", "--rate", "200", "--tee")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=10) == 0
    [copy] = (tmp_path / "data").glob("iot_data_*.json")
    assert msgspec.json.decode(copy.read_bytes(), type=list[Reading]) == sink.readings


def test_two_runs_can_t_share_a_buffer(start: Start, simulator: Simulator) -> None:
    process = start("run")
    assert process.stdout is not None
    process.stdout.readline()
    second = simulator("run", "--duration", "1")
    assert (second.returncode, "another simulator uses it" in second.stderr) == (1, True)
    assert simulator("run", "--duration", "0.1", "--data-dir", "other", "--quiet").returncode == 0
    process.terminate()
    process.wait(timeout=10)


def test_the_copy_is_an_array_of_readings(simulator: Simulator, sink: Any, tmp_path: Path) -> None:
    simulator("run", "--quiet", "--duration", "0.3", "--tee-dir", "copies")
    [file] = (tmp_path / "copies").iterdir()
    assert len(json.loads(file.read_text())) == len(sink.readings) > 0
