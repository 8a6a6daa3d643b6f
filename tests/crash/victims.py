"""Kills and freezes programs by their process ids, as supervisord knows them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psutil


@asynccontextmanager
async def frozen(pid: int) -> AsyncIterator[None]:
    """Stop a process and its children while the block runs, whatever happens in it."""
    processes = _tree(pid)
    try:
        _send(processes, signal.SIGSTOP)
        yield
    finally:
        _send(processes, signal.SIGCONT)


def _tree(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _send(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


async def freeze(pid: int, seconds: float) -> None:
    """Freeze a program for so many seconds."""
    async with frozen(pid):
        await asyncio.sleep(seconds)
