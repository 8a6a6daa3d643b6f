"""Checks run beside each other, and tell what they did as if they had not."""

import os
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from iotctl.check_runner import Check, Outcome, run_checks

TALKS = """
import sys
for _ in range(50):
    print("{0}", flush=True)
    print("{0} error", file=sys.stderr, flush=True)
"""


def check(name: str, program: str, *, runs_alone: bool = False) -> Check:
    return Check(name, (sys.executable, "-c", program), (), runs_alone=runs_alone)


def run(*checks: Check) -> tuple[list[Outcome], str]:
    printed = StringIO()
    return run_checks(Console(file=printed, width=80), list(checks), os.environ), printed.getvalue()


@pytest.mark.timeout(30)
def test_two_checks_run_at_the_same_time(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # whoever opens one end waits for the other end
    outcomes, _ = run(check("writer", f"open({str(pipe)!r}, 'w')"), check("reader", f"open({str(pipe)!r})"))
    assert all(outcome.passed for outcome in outcomes)


def test_what_runs_alone_begins_when_all_others_have_ended(tmp_path: Path) -> None:
    ended = "from pathlib import Path; Path({!r}).touch()"
    others = [check(name, ended.format(str(tmp_path / name))) for name in "abc"]
    alone = check("alone", f"import os; assert len(os.listdir({str(tmp_path)!r})) == 3", runs_alone=True)
    outcomes, _ = run(alone, *others)
    assert {outcome.check.name: outcome.passed for outcome in outcomes} == dict.fromkeys([*"abc", "alone"], True)


def test_all_run_after_a_failure_and_each_output_stands_in_one_piece() -> None:
    outcomes, printed = run(check("a", TALKS.format("a") + "sys.exit(3)"), check("b", TALKS.format("b")))
    assert {outcome.check.name: outcome.passed for outcome in outcomes} == {"a": False, "b": True}
    lines = [line.split()[0] for line in printed.splitlines() if "error" in line]
    assert sorted(lines) == ["a"] * 50 + ["b"] * 50
    assert lines in (sorted(lines), sorted(lines, reverse=True))


def test_the_table_at_the_end_says_how_each_ended_and_how_long_it_took() -> None:
    _, printed = run(check("good", ""), check("bad", "raise SystemExit(1)"))
    rows = [line.split() for line in printed.splitlines()[-2:]]
    assert sorted((name, result) for name, _, result in rows) == [("bad", "failed"), ("good", "passed")]
    assert all(float(seconds) >= 0 for _, seconds, _ in rows)


def test_output_that_looks_like_markup_is_printed_as_it_is() -> None:
    _, printed = run(check("a", "print('[red]x[/] [/nonsense]')"), check("b", ""))
    assert "[red]x[/] [/nonsense]" in printed
