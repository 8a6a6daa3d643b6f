"""Runs the commands of checks: two at a time, and those that start a stack one by one behind them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from stack.paths import PROJECT

# More would make those that watch a clock wait for each other, on a machine of two cores.
AT_ONCE = 2

Command = tuple[str | Path, ...]


@dataclass(frozen=True)
class Check:
    """One command of a suite, and what must be installed for it.

    That is environments, `runtime` (Java, Node, PostgreSQL), `jars`, and `page` for the frontend. A check that
    `runs_alone` begins when the others have ended: it starts whole stacks, and judges how quick they are.
    """

    name: str
    command: Command
    installed: tuple[str, ...]
    cwd: Path = PROJECT
    more_environment: Mapping[str, str] = field(default_factory=dict)
    runs_alone: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a check ended. `output` is empty when it was printed as it came."""

    check: Check
    passed: bool
    seconds: float
    output: str = ""


def run_checks(console: Console, checks: list[Check], environment: Mapping[str, str]) -> list[Outcome]:
    """Run all checks, even after a failure; print the output of each as a whole, and a table of all at the end.

    What runs by itself, or is the only one, prints as it goes.
    """
    together = [check for check in checks if not check.runs_alone and len(checks) > 1]
    if together:
        console.print(f"  {len(together)} checks, {AT_ONCE} at a time; each shows its output when it has ended")
    outcomes = []
    for outcome in _side_by_side(together, environment):
        console.rule(f"{outcome.check.name}: {outcome.seconds:.0f} s", align="left")
        console.out(outcome.output, end="", highlight=False)
        outcomes.append(outcome)
    for check in checks:
        if check not in together:
            console.rule(check.name, align="left")
            outcomes.append(_run(check, environment, is_captured=False))
    if len(outcomes) > 1:
        console.print(_table(outcomes))
    return outcomes


def _side_by_side(checks: Iterable[Check], environment: Mapping[str, str]) -> Iterator[Outcome]:
    """Yield the outcomes in the order in which the checks end."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = [pool.submit(_run, check, environment, is_captured=True) for check in checks]
        try:
            yield from (future.result() for future in as_completed(running))
        finally:
            pool.shutdown(cancel_futures=True)  # after Ctrl-C nothing else begins


def _run(check: Check, environment: Mapping[str, str], *, is_captured: bool) -> Outcome:
    started = time.monotonic()
    done = subprocess.run(
        [str(word) for word in check.command],
        cwd=check.cwd,
        env={**environment, **check.more_environment},
        stdin=subprocess.DEVNULL if is_captured else None,
        stdout=subprocess.PIPE if is_captured else None,
        stderr=subprocess.STDOUT if is_captured else None,
        text=True,
        errors="replace",
    )
    return Outcome(check, done.returncode == 0, time.monotonic() - started, done.stdout or "")


def _table(outcomes: Iterable[Outcome]) -> Table:
    table = Table("check", "seconds", "", box=None)
    for outcome in outcomes:
        result = "[green]passed[/]" if outcome.passed else "[red]failed[/]"
        table.add_row(outcome.check.name, f"{outcome.seconds:.1f}", result)
    return table
