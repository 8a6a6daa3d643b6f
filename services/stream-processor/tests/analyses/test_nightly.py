"""The analyses of the night: when they are due, and that a run which fails is seen and tried again."""

import asyncio
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from prometheus_client import CollectorRegistry

from service_kit.testing import wait_until
from stream_processor.analyses.nightly import Nightly, backoff, next_run
from stream_processor.metrics import Metrics
from stream_processor.settings import Settings

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
TODAY = NOON.date()


def at(hour: int, day: int = 4) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "done_until", "due"),
    [
        pytest.param(at(12), None, at(2, day=5), id="a new service waits for the hour"),
        pytest.param(at(1), None, at(2), id="also before the hour"),
        pytest.param(at(12), TODAY, at(2, day=5), id="done today"),
        pytest.param(at(1), TODAY - timedelta(days=1), at(2), id="done yesterday"),
        pytest.param(at(12), TODAY - timedelta(days=1), at(12), id="the hour passed while the service was down"),
        pytest.param(at(1), TODAY - timedelta(days=2), at(1), id="a whole day was missed"),
    ],
)
def test_when_the_next_run_is_due(now: datetime, done_until: date | None, due: datetime) -> None:
    assert next_run(now, 2, done_until) == due


def test_pauses_after_failures_grow_up_to_an_hour() -> None:
    assert [backoff(failures).total_seconds() / 60 for failures in (1, 2, 3, 4, 5, 100)] == [5, 10, 20, 40, 60, 60]


class Night:
    """Runs a script in the place of the application."""

    def __init__(self, folder: Path, script: str, **settings: object) -> None:
        self.registry = CollectorRegistry()
        self.settings = Settings.model_validate({"work_dir": folder, **settings})
        self.nightly = Nightly(
            self.settings, Metrics(self.registry), command=(sys.executable, "-c", script), now=lambda: NOON
        )

    def runs(self, outcome: str) -> float | None:
        return self.registry.get_sample_value("stream_analyses_runs_total", {"outcome": outcome})


async def test_a_run_reads_the_last_complete_days_and_is_remembered(tmp_path: Path) -> None:
    script = "import pathlib, sys; pathlib.Path('asked').write_text(' '.join(sys.argv[1:]))"
    night = Night(tmp_path, script.replace("asked", str(tmp_path / "asked")), analyses_days=3)
    await night.nightly.run_once()
    assert (tmp_path / "asked").read_text() == "--from 2026-03-01T00:00:00+00:00 --to 2026-03-04T00:00:00+00:00"
    state = night.nightly.state
    assert (state.done_until, state.failures, state.problem, state.running_since) == (TODAY, 0, None, None)
    assert night.runs("succeeded") == 1
    assert night.registry.get_sample_value("stream_analyses_last_success_timestamp_seconds") == NOON.timestamp()
    assert Night(tmp_path, "").nightly.state.done_until == TODAY, "after a restart"


async def test_a_failure_says_its_cause_and_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "analyses-done-until").write_text("2026-03-03")
    night = Night(tmp_path, "import sys; print('more', flush=True); sys.exit('no HDFS')", analyses_hour=2)
    running = asyncio.create_task(night.nightly.run())
    state = night.nightly.state
    await wait_until(lambda: state.failures == 1 or None, deadline_s=30, otherwise="the run does not fail")
    assert "exit code 1: no HDFS; its log is" in str(state.problem)
    assert state.done_until == date(2026, 3, 3)
    await wait_until(
        lambda: state.next_run_at == NOON + timedelta(minutes=5) or None,
        deadline_s=30,
        otherwise="no pause before the next try",
    )
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_run_that_hangs_is_ended(tmp_path: Path) -> None:
    night = Night(tmp_path, "import time; time.sleep(600)", analyses_time_limit_s=0.5)
    await night.nightly.run_once()
    assert "stopped after 0.5 s; raise STREAM_PROCESSOR_ANALYSES_TIME_LIMIT_S" in str(night.nightly.state.problem)
    assert night.runs("failed") == 1


async def test_a_run_ends_with_the_service(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid()) + '.'); time.sleep(600)"
    run = asyncio.create_task(Night(tmp_path, script).nightly.run_once())
    await wait_until(
        lambda: pid.exists() and pid.read_text().endswith("."), deadline_s=30, otherwise="the run does not begin"
    )
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert not psutil.pid_exists(int(pid.read_text()[:-1]))


async def test_switched_off_none_is_due(tmp_path: Path) -> None:
    night = Night(tmp_path, "", analyses_enabled=False)
    (tmp_path / "analyses-done-until").write_text("2026-03-01")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(night.nightly.run(), 0.2)
    assert night.nightly.state.next_run_at is None
