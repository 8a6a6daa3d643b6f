"""The load generator in processes of its own against a server of known behaviour."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Start = Callable[..., subprocess.Popen[str]]
Figures = dict[str, Any]
Load = Callable[..., tuple[int, Figures]]


@pytest.fixture
def load(simulator: Callable[..., subprocess.CompletedProcess[str]]) -> Load:
    """Exit code and figures of a load; without a warm-up unless one is given."""

    def ran(*arguments: str) -> tuple[int, Figures]:
        result = simulator("load", "--warm-up", "0", *arguments)
        assert result.stdout, result.stderr
        return result.returncode, json.loads(result.stdout.splitlines()[-1])

    return ran


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """What a server waits for that does not answer."""
    event = threading.Event()
    yield event
    event.set()


def test_the_rate_is_kept_and_every_reading_is_another(load: Load, sink: Any) -> None:
    code, figures = load("--rate", "1000", "--batch", "10", "--duration", "1", "--sensors", "50", "--warm-up", "0.5")
    assert code == 0
    assert (figures["accepted"], figures["warm_up_accepted"], figures["requests"]) == (1000, 500, 100)
    assert figures["readings_per_s"] == pytest.approx(1000, rel=0.1)
    assert (figures["statuses"], figures["failures"], figures["unsent_requests"]) == ({"202": 100}, {}, 0)
    assert len({reading.reading_id for reading in sink.readings}) == len(sink.readings) == 1500
    assert {reading.sensor_id for reading in sink.readings} == {f"SENSOR_{number:03d}" for number in range(1, 51)}


def test_few_requests_are_counted_over_the_whole_time(load: Load) -> None:
    _code, figures = load("--rate", "4", "--duration", "1")
    assert (figures["accepted"], figures["readings_per_s"]) == (4, 4)
    assert figures["elapsed_s"] >= 1


def test_latencies_are_the_server_s(load: Load, sink: Any) -> None:
    sink.answers = lambda _number: time.sleep(0.05)
    _code, figures = load("--rate", "100", "--duration", "1")
    assert 50 <= figures["p50_ms"] < 80
    assert 50 <= figures["mean_ms"] < 100
    assert figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"] <= figures["p999_ms"] <= figures["max_ms"]


def test_a_stall_counts_for_all_who_had_to_wait_for_it(load: Load, sink: Any) -> None:
    """Of 200 requests one is slow: a generator that waits with it would have a p99 of nothing."""
    sink.answers = lambda number: time.sleep(0.5) if number == 50 else None
    code, figures = load("--rate", "100", "--duration", "2", "--connections", "1")
    assert code == 0
    assert (figures["accepted"], sink.requests) == (200, 200)
    assert 450 <= figures["p99_ms"] <= figures["max_ms"]
    assert 300 <= figures["p95_ms"] < 500
    assert figures["p50_ms"] < 100
    assert figures["send_lag_p99_ms"] >= 400


def test_at_max_each_connection_sends_when_its_answer_has_come(load: Load, sink: Any) -> None:
    sink.answers = lambda _number: time.sleep(0.02)
    code, figures = load("--rate", "max", "--batch", "100", "--duration", "1", "--connections", "4")
    assert code == 0
    assert figures["accepted"] == len(sink.readings) == 100 * sink.requests
    assert 80 <= sink.requests <= 204
    assert figures["p50_ms"] >= 20
    assert figures["offered_readings_per_s"] == "max"


def test_several_workers_share_the_load(load: Load, sink: Any) -> None:
    code, figures = load("--rate", "4000", "--duration", "0.25", "--workers", "2", "--sensors", "10")
    assert code == 0
    assert (figures["accepted"], figures["workers"], figures["connections"]) == (1000, 2, 128)
    assert len({reading.reading_id for reading in sink.readings}) == 1000


def test_other_answers_are_counted_by_status_and_make_it_fail(load: Load, sink: Any) -> None:
    sink.statuses = [503, 429, 503, 400]
    code, figures = load("--rate", "50", "--duration", "1")
    assert code == 1
    assert figures["statuses"] == {"202": 46, "400": 1, "429": 1, "503": 2}
    assert (figures["accepted"], figures["rejected"]) == (46, 0)


def test_connections_that_the_server_closes_when_idle_are_made_anew(load: Load, sink: Any) -> None:
    sink.idle_s = 0.2
    code, figures = load("--rate", "20", "--duration", "2", "--connections", "10")
    assert (code, figures["failures"], figures["accepted"]) == (0, {}, 40)


def test_a_server_that_goes_away_is_counted_and_the_load_ends(load: Load, sink: Any) -> None:
    def answers(number: int) -> None:
        if number > 20:
            sink.socket.close()
            raise ConnectionAbortedError

    sink.answers = answers
    code, figures = load("--rate", "50", "--duration", "1", "--connections", "2")
    assert code == 1
    assert (figures["accepted"], figures["statuses"]) == (20, {"202": 20})
    assert sum(figures["failures"].values()) + figures["unsent_requests"] == 30
    assert figures["failures"]["connection lost"] >= 1
    assert figures["failures"]["can't connect: Connection refused"] >= 1


def test_what_is_never_answered_counts_as_long_as_it_was_waited_for(
    load: Load, sink: Any, never: threading.Event
) -> None:
    sink.answers = lambda _number: never.wait()
    code, figures = load("--rate", "20", "--duration", "0.5", "--timeout-s", "0.5")
    assert code == 1
    assert figures["failures"] == {"no answer in time": 10}
    assert 500 <= figures["p50_ms"] < 900


def test_what_is_never_sent_counts_as_waiting_till_the_end(load: Load, sink: Any, never: threading.Event) -> None:
    sink.answers = lambda _number: never.wait()
    code, figures = load("--rate", "20", "--duration", "0.5", "--timeout-s", "0.5", "--connections", "1")
    assert code == 1
    assert figures["unsent_requests"] > 0
    assert figures["unsent_requests"] + sum(figures["failures"].values()) == 10
    assert figures["p50_ms"] >= 500


def test_what_keeps_a_worker_from_starting_is_told_at_once(
    simulator: Callable[..., subprocess.CompletedProcess[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMULATOR_API_KEY_FILE", "nowhere")
    result = simulator("load", "--workers", "2", "--duration", "1")
    assert (result.returncode, result.stdout) == (1, "")
    assert "the API key can't be read" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_worker_that_is_killed_ends_the_load(start: Start, sink: Any) -> None:
    process = start("load", "--workers", "2", "--duration", "60", "--rate", "20", "--warm-up", "0")
    assert process.stderr is not None
    assert "open loop" in process.stderr.readline()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    workers = [int(pid) for pid in children if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(workers[0], signal.SIGKILL)
    assert process.wait(timeout=10) == 1
    assert "A worker of the load died" in process.stderr.read()


def test_only_plain_http_is_loaded(simulator: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    result = simulator("load", "--url", "https://127.0.0.1:1")
    assert (result.returncode, "plain HTTP only" in result.stderr) == (1, True)
