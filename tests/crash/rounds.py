"""Strikes one program after the other under load, and says after each whether every promise was kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from crash.load import Sent, simulated_load
from crash.plan import Kind, Strike
from crash.victims import freeze
from crash.watcher import Watcher, watching
from support.stack import Stack

READY_WITHIN_S = 60.0
GIVE_UP_AFTER_S = 240.0
STATUS_POLL_S = 0.5
FREEZE_S = 30.0
COUNTED_WITHIN_S = 60.0
AUDIT_BEFORE = timedelta(seconds=60)
"""How far before the strike an audit begins; the last audit covers everything."""


@dataclass(frozen=True)
class Outcome:
    """What one strike led to. `ready_s` counts from the kill, or from SIGCONT; None: it never became ready."""

    program: str
    kind: str
    round: int
    ready_s: float | None
    audit: str
    answers: int
    broken_answers: tuple[str, ...] = ()
    not_ready: str = ""

    @property
    def failures(self) -> list[str]:
        """In words; empty when every promise was kept."""
        found = list(self.broken_answers)
        if self.ready_s is None or self.ready_s > READY_WITHIN_S:
            took = "never" if self.ready_s is None else f"only after {self.ready_s:.0f} s"
            found.append(f"ready {took}: {self.not_ready}")
        if self.audit != "clean":
            found.append(f"audit: {self.audit}")
        return found


async def run(
    stack: Stack,
    strikes: Sequence[Strike],
    folder: Path,
    on_outcome: Callable[[Outcome], None],
    freeze_s: float = FREEZE_S,
) -> None:
    """Strike in order while a load goes on and the answers are watched; failures are outcomes, not exceptions.

    The last outcome is of the whole: all that was sent is counted, and the audit of everything.
    """
    sent = Sent(folder / "sent")
    watcher = Watcher(stack, sent.count)
    async with watching(watcher):
        async with simulated_load(stack, sent, folder):
            for strike in strikes:
                await asyncio.sleep(strike.pause_s)
                on_outcome(await _survived(stack, strike, watcher, freeze_s))
        on_outcome(await _whole(stack, watcher, sent.count()))


async def _survived(stack: Stack, strike: Strike, watcher: Watcher, freeze_s: float) -> Outcome:
    try:
        return await _one(stack, strike, watcher, freeze_s)
    # The program does not run, or the stack cannot even be asked: that ends this strike, not the rounds after it.
    except (AssertionError, OSError, ValueError, psutil.Error) as error:
        return Outcome(strike.program, strike.kind, strike.round, None, "not done", 0, not_ready=repr(error)[:500])


async def _one(stack: Stack, strike: Strike, watcher: Watcher, freeze_s: float) -> Outcome:
    answers, broken = watcher.answers, len(watcher.broken)
    since = datetime.now(UTC) - AUDIT_BEFORE
    killed = 0
    if strike.kind is Kind.KILLED:
        killed = await asyncio.to_thread(stack.kill9, strike.program)
    else:
        await freeze(await asyncio.to_thread(stack.pid, strike.program), freeze_s)
    ready_s, reason = await _until_ready(stack, strike.program, killed)
    audit = await asyncio.to_thread(audited, stack, since)
    return Outcome(
        strike.program,
        strike.kind,
        strike.round,
        ready_s,
        audit,
        watcher.answers - answers,
        tuple(watcher.broken[broken:]),
        reason,
    )


async def _until_ready(stack: Stack, program: str, killed: int) -> tuple[float | None, str]:
    """Seconds until everything is ready again and `program` has another pid than `killed`; the last reason if not."""
    started, reason, slowest = time.monotonic(), "", ""
    while (waited_s := time.monotonic() - started) < GIVE_UP_AFTER_S:
        programs = (await asyncio.to_thread(stack.status))["programs"]
        reason = "; ".join(f"{one['name']}: {one['reason'] or one['state']}" for one in programs if _is_bad(one))
        if not reason and all(one["pid"] != killed for one in programs if one["name"] == program):
            return time.monotonic() - started, slowest
        slowest = reason or "its old process is still there"
        await asyncio.sleep(STATUS_POLL_S)
    return None, reason or f"not within {waited_s:.0f} s"


def _is_bad(program: dict[str, Any]) -> bool:
    return program["state"] != "RUNNING" or bool(program["reason"])


async def _whole(stack: Stack, watcher: Watcher, sent: int) -> Outcome:
    deadline = time.monotonic() + COUNTED_WITHIN_S
    while watcher.counted != sent and time.monotonic() < deadline:
        await asyncio.sleep(STATUS_POLL_S)
    broken = list(watcher.broken)
    if watcher.counted != sent:
        broken.append(f"{sent} were sent, {watcher.counted} are counted")
    return Outcome(
        "everything", "sent", 1, 0.0, await asyncio.to_thread(audited, stack, None), watcher.answers, tuple(broken)
    )


def audited(stack: Stack, since: datetime | None) -> str:
    """What the audit finds, in words: "clean", or each kind of violation with an example."""
    report = stack.audit(since)
    if "failed" in report:
        return str(report["failed"])
    found = [
        f"{one['kind']} {one['count']}: {one['detail']}" + (f" ({one['examples'][0]})" if one["examples"] else "")
        for one in report["violations"]
    ]
    return "; ".join(found) or "clean"
