"""`make test-crash`: kills and freezes every program of a stack of its own under load; prints a table.

Exit code 0 when every promise was kept. A failure ends no round; the state folder stays when there was one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from crash.plan import PROGRAMS, strikes
from crash.rounds import Outcome, run
from support.stack import Stack

PORT_OFFSET = 2000
_LINE = "{:<17} {:<7} {:>5} {:>8} {:>8} {:>7}  {}"


def main() -> int:
    """Run the whole test."""
    parser = argparse.ArgumentParser(prog="crash")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    programs = [name for name in PROGRAMS if any(word in name for word in options.only.split(","))]
    given = os.environ.get("TEST_STACK_STATE_DIR")
    state_dir = Path(given or Path(os.environ.get("TEST_STATE_DIR", "/tmp")) / f"iot-crash-stack-{os.getpid()}")
    stack = Stack(state_dir, int(os.environ.get("TEST_STACK_PORT_OFFSET", "0")) if given else PORT_OFFSET)
    planned = strikes(options.seed, options.rounds, programs)
    print(f"{len(planned)} strikes, SEED={options.seed}, state in {state_dir}", flush=True)
    if not given:
        stack.up()
    print(_LINE.format("program", "kind", "round", "ready s", "audit", "answers", "what failed"), flush=True)
    outcomes: list[Outcome] = []

    def on_outcome(outcome: Outcome) -> None:
        outcomes.append(outcome)
        print(line(outcome), flush=True)

    try:
        asyncio.run(run(stack, planned, state_dir / "crash", on_outcome))
    finally:
        failed = [outcome for outcome in outcomes if outcome.failures]
        is_clean = not failed and len(outcomes) == len(planned) + 1
        if not given and is_clean:
            stack.down_and_remove()
        elif not given:
            stack.make("down")
    if not is_clean:
        print(
            f"{len(failed)} of {len(outcomes)} failed; look at {state_dir}/logs, and run again with SEED={options.seed}"
        )
    return 0 if is_clean else 1


def line(outcome: Outcome) -> str:
    """One row of the table."""
    ready = "never" if outcome.ready_s is None else f"{outcome.ready_s:.1f}"
    audit = "clean" if outcome.audit == "clean" else "broken"
    failures = "; ".join(outcome.failures)
    return _LINE.format(outcome.program, outcome.kind, outcome.round, ready, audit, outcome.answers, failures)


if __name__ == "__main__":
    sys.exit(main())
