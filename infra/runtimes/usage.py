"""CPU and memory of processes with all their children."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping

import psutil

from runtimes.protocol import Usage


def measure(roots: Mapping[str, int], seconds: float) -> dict[str, Usage]:
    """Sample the process trees of these pids over some seconds; trees that are gone are left out.

    A root that stands in another root's tree (the supervisor's) is counted once, under its own name.
    """
    before = {name: _cpu_seconds_by_process(pid, roots) for name, pid in roots.items()}
    started = time.monotonic()
    time.sleep(seconds)
    elapsed = time.monotonic() - started if seconds > 0 else math.inf
    usages = {}
    for name, pid in roots.items():
        after = _cpu_seconds_by_process(pid, roots)
        if after:
            spent = sum(total - before[name].get(process, 0.0) for process, total in after.items())
            usages[name] = Usage(max(0.0, spent) / elapsed, _rss_bytes(pid, roots))
    return usages


def _tree(pid: int, roots: Mapping[str, int]) -> list[psutil.Process]:
    others = set(roots.values()) - {pid}
    found: list[psutil.Process] = []
    pending = [pid]
    while pending:
        try:
            process = psutil.Process(pending.pop())
            children = [child.pid for child in process.children()]
        except psutil.NoSuchProcess:
            continue
        found.append(process)
        pending += [child for child in children if child not in others]
    return found


def _cpu_seconds_by_process(pid: int, roots: Mapping[str, int]) -> dict[psutil.Process, float]:
    seconds = {}
    for process in _tree(pid, roots):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds[process] = times.user + times.system
    return seconds


def _rss_bytes(pid: int, roots: Mapping[str, int]) -> int:
    total = 0
    for process in _tree(pid, roots):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total
