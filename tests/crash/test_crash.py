"""A short round of `make test-crash`, and what it stands on."""

from collections import Counter
from pathlib import Path

import pytest

from crash.plan import PROGRAMS, Kind, Strike, strikes
from crash.rounds import Outcome, run
from crash.watcher import Watcher
from support.stack import Stack

SHORT = [
    Strike("stream-processor", Kind.KILLED, 1, pause_s=2.0),
    Strike("kafka", Kind.KILLED, 1, pause_s=1.0),
    Strike("metastore", Kind.FROZEN, 1, pause_s=1.0),
]


def test_each_program_is_killed_in_every_round_and_frozen_once() -> None:
    planned = strikes(seed=7, rounds=3)
    kinds = Counter((strike.program, strike.kind) for strike in planned)
    assert kinds == {(name, kind): 3 if kind is Kind.KILLED else 1 for name in PROGRAMS for kind in Kind}


def test_a_seed_is_a_plan() -> None:
    assert strikes(seed=7, rounds=3) == strikes(seed=7, rounds=3) != strikes(seed=8, rounds=3)


def test_an_answer_that_counts_backwards_or_more_than_was_sent_is_noted() -> None:
    watcher = Watcher(Stack(Path("/nowhere"), 0), sent=lambda: 10)
    for count in (5, 10, 9, 11):
        watcher.judge(count)
    assert watcher.broken == ["counted 9 after 10", "counted 11 when 10 were sent"]


def test_what_was_not_kept_is_said() -> None:
    outcome = Outcome("kafka", "killed", 1, 61.0, "lost 1: x", 5, ("counted 9 after 10",), "query-api: tail")
    assert outcome.failures == ["counted 9 after 10", "ready only after 61 s: query-api: tail", "audit: lost 1: x"]
    assert Outcome("kafka", "killed", 1, 60.0, "clean", 5).failures == []


# With the start and the audit of a stack of its own, where it is run alone.
@pytest.mark.timeout(600)
async def test_killed_and_frozen_programs_break_no_promise(stack: Stack, tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    await run(stack, SHORT, tmp_path, outcomes.append, freeze_s=10)
    assert [outcome for outcome in outcomes if outcome.failures] == []
    assert len(outcomes) == len(SHORT) + 1
