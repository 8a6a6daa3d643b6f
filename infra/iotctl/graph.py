"""Runs tasks as soon as what they need is done, as many at once as can be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass


class CancelledError(Exception):
    """Another task failed, so this one gave up."""


@dataclass(frozen=True)
class Task:
    """A named piece of work and the names of the tasks before it."""

    name: str
    work: Callable[[], object]
    needs: tuple[str, ...] = ()


def check(tasks: Iterable[Task]) -> dict[str, Task]:
    """Return the tasks by name; raise ValueError for a need that no task answers, or for a circle."""
    by_name = {task.name: task for task in tasks}
    done: set[str] = set()
    while len(done) < len(by_name):
        ready = {name for name, task in by_name.items() if name not in done and done.issuperset(task.needs)}
        if not ready:
            stuck = {name: by_name[name].needs for name in by_name.keys() - done}
            raise ValueError(f"these tasks can never run: {stuck}")
        done |= ready
    return by_name


def run(tasks: Iterable[Task], cancelled: threading.Event | None = None) -> None:
    """Run all tasks; after the first failure start no more, tell the running ones by `cancelled`, and raise it."""
    waiting = check(tasks)
    cancelled = cancelled or threading.Event()
    done: set[str] = set()
    running: dict[Future[object], str] = {}
    failure: BaseException | None = None
    with ThreadPoolExecutor(max_workers=max(1, len(waiting)), thread_name_prefix="task") as pool:
        try:
            while running or (waiting and failure is None):
                if failure is None:
                    for name in [name for name, task in waiting.items() if done.issuperset(task.needs)]:
                        running[pool.submit(waiting.pop(name).work)] = name
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    done.add(running.pop(future))
                    error = future.exception()
                    if error is not None and not isinstance(error, CancelledError):
                        failure = failure or error
                        cancelled.set()
        except BaseException:
            cancelled.set()
            raise
    if failure is not None:
        raise failure
