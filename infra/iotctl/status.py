"""`iotctl status`: state, readiness, CPU and memory of every program, and the sums."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from rich.table import Table

from components.component import Component
from runtimes.protocol import ProgramState, Runtime, Usage

GIB = 1 << 30
MIB = 1 << 20


@dataclass(frozen=True)
class Row:
    """One program: `reason` says why it is not ready (empty: it is)."""

    name: str
    state: str
    pid: int
    uptime_s: float
    cpu_cores: float
    rss_bytes: int
    reason: str


@dataclass(frozen=True)
class Status:
    """All programs of a stack."""

    rows: tuple[Row, ...]

    @property
    def is_healthy(self) -> bool:
        """Tell whether every program is running and ready."""
        return bool(self.rows) and all(row.state == "RUNNING" and not row.reason for row in self.rows)

    @property
    def cpu_cores(self) -> float:
        """Return the cores that all programs took together."""
        return sum(row.cpu_cores for row in self.rows)

    @property
    def rss_gib(self) -> float:
        """Return the memory of all programs together."""
        return sum(row.rss_bytes for row in self.rows) / GIB

    def as_json(self) -> dict[str, object]:
        """Return what --json prints."""
        return {
            "healthy": self.is_healthy,
            "cpu_cores": round(self.cpu_cores, 3),
            "rss_gib": round(self.rss_gib, 3),
            "programs": [asdict(row) for row in self.rows],
        }


def take(runtime: Runtime, seconds: float) -> Status:
    """Look at every program, measuring CPU over some seconds."""
    states = runtime.states()
    if not states:
        return Status(tuple(Row(program.name, "DOWN", 0, 0, 0, 0, "the stack is down") for program in runtime.programs))
    usages = dict(runtime.usages(seconds))
    with ThreadPoolExecutor(len(runtime.programs)) as pool:
        reasons = list(pool.map(lambda program: _reason(runtime, program, states[program.name]), runtime.programs))
    rows = [
        _row(states[program.name], usages.pop(program.name, None), reason)
        for program, reason in zip(runtime.programs, reasons, strict=True)
    ]
    # What is left is the runtime's own.
    return Status((*rows, *(_row(ProgramState(name, "RUNNING"), used, "") for name, used in usages.items())))


def _reason(runtime: Runtime, program: Component, state: ProgramState) -> str:
    if not state.is_up:
        return "not running"
    return runtime.reason(program) or ""


def _row(state: ProgramState, used: Usage | None, reason: str) -> Row:
    used = used or Usage(0.0, 0)
    return Row(state.name, state.state, state.pid, state.uptime_s, used.cpu_cores, used.rss_bytes, reason)


def table_of(status: Status, seconds: float) -> Table:
    """Return the status as a table."""
    table = Table(title=f"CPU over {seconds:g} s", title_justify="left", header_style="bold", show_footer=True)
    columns: Sequence[tuple[str, str, bool]] = (
        ("program", "all", False),
        ("state", "", False),
        ("pid", "", True),
        ("up", "", True),
        ("CPU cores", f"{status.cpu_cores:.3f}", True),
        ("RSS MiB", f"{status.rss_gib * 1024:.0f}", True),
        ("ready", "", False),
    )
    for title, footer, right in columns:
        table.add_column(title, footer=footer, justify="right" if right else "left", no_wrap=title != "ready")
    for row in status.rows:
        table.add_row(
            row.name,
            row.state,
            str(row.pid or ""),
            _duration(row.uptime_s),
            f"{row.cpu_cores:.3f}",
            f"{row.rss_bytes / MIB:.0f}",
            f"[red]{row.reason}[/]" if row.reason else "[green]yes[/]",
        )
    return table


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}" if seconds else ""
