"""Runs tasks as soon as what they need is done, as many at once as can be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter


class CancelledError(Exception):
    """Another task failed, so this one gave up."""


@dataclass(frozen=True)
class Task:
    """A named piece of work and the names of the tasks before it."""

    name: str
    work: Callable[[], object]
    needs: tuple[str, ...] = ()


def run(tasks: Iterable[Task], cancelled: threading.Event | None = None) -> None:
    """Run all tasks; after the first failure start no more, tell the running ones by `cancelled`, and raise it.

    Raises graphlib.CycleError for tasks that wait for each other, KeyError for a need that no task answers.
    """
    by_name = {task.name: task for task in tasks}
    order = TopologicalSorter({name: task.needs for name, task in by_name.items()})
    order.prepare()
    cancelled = cancelled or threading.Event()
    running: dict[Future[object], str] = {}
    failure: BaseException | None = None
    with ThreadPoolExecutor(max_workers=max(1, len(by_name)), thread_name_prefix="task") as pool:
        try:
            while running or (order.is_active() and failure is None):
                if failure is None:
                    running |= {pool.submit(by_name[name].work): name for name in order.get_ready()}
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    order.done(running.pop(future))
                    error = future.exception()
                    if error is not None and not isinstance(error, CancelledError):
                        failure = failure or error
                        cancelled.set()
        except BaseException:
            cancelled.set()
            raise
    if failure is not None:
        raise failure
