"""Tasks run in the order of their needs, together where they can, and stop at the first failure."""

import threading
from graphlib import CycleError

import pytest

from runtimes.tasks import CancelledError, Task, run


def test_a_task_runs_after_all_that_it_needs() -> None:
    order: list[str] = []
    tasks = [
        Task("c", lambda: order.append("c"), ("a", "b")),
        Task("a", lambda: order.append("a")),
        Task("b", lambda: order.append("b"), ("a",)),
    ]
    run(tasks)
    assert order == ["a", "b", "c"]


def test_tasks_that_need_nothing_of_each_other_run_at_once() -> None:
    meeting = threading.Barrier(2, timeout=10)
    run([Task("a", meeting.wait), Task("b", meeting.wait)])


def test_after_a_failure_nothing_more_starts_and_running_tasks_are_told() -> None:
    cancelled = threading.Event()
    begun = threading.Event()
    ran: list[str] = []

    def fail() -> None:
        begun.wait(10)
        raise ValueError("broken")

    def long() -> None:
        begun.set()
        assert cancelled.wait(10)
        raise CancelledError

    tasks = [Task("fails", fail), Task("long", long), Task("next", lambda: ran.append("next"), ("fails",))]
    with pytest.raises(ValueError, match="broken"):
        run(tasks, cancelled)
    assert ran == []


@pytest.mark.parametrize("needs", [("nobody",), ("a",)])
def test_a_need_that_can_never_be_met_is_refused(needs: tuple[str, ...]) -> None:
    with pytest.raises((KeyError, CycleError)):
        run([Task("a", lambda: None, needs)])
