"""Runs the analyses once a day, each time in an application of its own that gives way to the stream.

The streaming query shares nothing with it but the machine: a run that fails, hangs or is killed is only seen in
`/v1/status` and the metrics, and tried again.
"""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from service_kit.logging import get_logger
from stream_processor.metrics import Metrics
from stream_processor.settings import Settings

COMMAND: Final = ("nice", "-n", "19", sys.executable, "-m", "stream_processor.analyses")
_FIRST_BACKOFF: Final = timedelta(minutes=5)
_MAX_BACKOFF: Final = timedelta(hours=1)
_MAX_WAIT_S: Final = 60.0
_STOP_WITHIN_S: Final = 10.0
_TAIL_BYTES: Final = 2000
_log = get_logger(__name__)


@dataclass
class NightlyState:
    """What is known of the runs."""

    next_run_at: datetime | None = None
    """None: switched off."""
    running_since: datetime | None = None
    done_until: date | None = None
    """The day, exclusive, up to which the last run that succeeded read the readings."""
    failures: int = 0
    """How many runs have failed since then."""
    problem: str | None = None


def next_run(now: datetime, hour: int, done_until: date | None) -> datetime:
    """When the next run is due: at `hour` (UTC), or at once when that hour passed without one. Pure.

    A service that never ran one waits for the hour, so that its first minutes are the stream's.
    """
    today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    newest = today if today <= now else today - timedelta(days=1)
    if done_until is None or done_until >= newest.date():
        return newest + timedelta(days=1)
    return now


def backoff(failures: int) -> timedelta:
    """The pause after so many failures in a row. Pure."""
    return min(_MAX_BACKOFF, _FIRST_BACKOFF * (1 << min(failures - 1, 10)))


class Nightly:
    """Starts a run when it is due, and remembers in a file which day is done."""

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        *,
        command: Sequence[str] = COMMAND,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._command = command
        self._now = now
        self._not_before = datetime.min.replace(tzinfo=UTC)
        self.state = NightlyState(done_until=self._read_done())

    async def run(self) -> None:
        """Run whenever it is due, until cancelled; switched off, do nothing."""
        while self._settings.analyses_enabled:
            due = next_run(self._now(), self._settings.analyses_hour, self.state.done_until)
            self.state.next_run_at = due = max(due, self._not_before)
            wait_s = (due - self._now()).total_seconds()
            if wait_s > 0:
                # In short steps: the clock of a machine that slept, or was set, has moved on.
                await asyncio.sleep(min(_MAX_WAIT_S, wait_s))
            else:
                await self.run_once()
        await asyncio.Event().wait()

    async def run_once(self) -> None:
        """One run over the last complete days; what goes wrong is noted and not raised."""
        started = self._now()
        end = started.replace(hour=0, minute=0, second=0, microsecond=0)
        start = end - timedelta(days=self._settings.analyses_days)
        self.state.running_since = started
        try:
            await self._application(start, end)
        except (OSError, RuntimeError) as error:
            self.state.failures += 1
            self.state.problem = str(error)
            self._not_before = self._now() + backoff(self.state.failures)
            self._metrics.count_analyses("failed")
            _log.error("nightly analyses", problem=self.state.problem, failures=self.state.failures)
        else:
            self.state.failures, self.state.problem, self.state.done_until = 0, None, end.date()
            self._done_file.parent.mkdir(parents=True, exist_ok=True)
            self._done_file.write_text(end.date().isoformat())
            self._metrics.count_analyses("succeeded", self._now())
            _log.info("nightly analyses", seconds=round((self._now() - started).total_seconds(), 1))
        finally:
            self.state.running_since = None

    async def _application(self, start: datetime, end: datetime) -> None:
        """Run the application to its end. Raises RuntimeError when it fails or takes too long, OSError without it."""
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        with self._log_file.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                *("--from", start.isoformat(), "--to", end.isoformat()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                code = await asyncio.wait_for(process.wait(), self._settings.analyses_time_limit_s)
            except TimeoutError:
                raise RuntimeError(
                    f"stopped after {self._settings.analyses_time_limit_s:g} s; raise "
                    "STREAM_PROCESSOR_ANALYSES_TIME_LIMIT_S or lower STREAM_PROCESSOR_ANALYSES_DAYS"
                ) from None
            finally:
                await _end(process)
        if code:
            raise RuntimeError(f"exit code {code}: {self._last_line()}; its log is {self._log_file}")

    def _last_line(self) -> str:
        """The end of the log, where the cause stands."""
        lines = self._log_file.read_bytes()[-_TAIL_BYTES:].decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it wrote nothing"

    @property
    def _log_file(self) -> Path:
        return self._settings.work_dir / "analyses.log"

    @property
    def _done_file(self) -> Path:
        return self._settings.work_dir / "analyses-done-until"

    def _read_done(self) -> date | None:
        """Without the file, or with one that was cut, the next run is as the first."""
        with contextlib.suppress(OSError, ValueError):
            return date.fromisoformat(self._done_file.read_text().strip())
        return None


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let no application outlive its run. Its JVM leaves when the driver is gone."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
