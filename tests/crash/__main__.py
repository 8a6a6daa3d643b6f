"""`make test-crash`: kills and freezes every program of a stack of its own under load; prints a table.

Exit code 0 when every promise was kept. A failure ends no round; the state folder stays when there was one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from components.topics import ensure_topics
from crash.notifications import strike
from crash.plan import PROGRAMS, strikes
from crash.rounds import Outcome, run
from support.kafka_broker import kafka_broker
from support.postgres_process import postgres_process
from support.stack import Stack

PORT_OFFSET = 2000
NOTIFICATIONS, NOTIFICATION_KILLS = "notifications", 20
_LINE = "{:<17} {:<7} {:>5} {:>8} {:>8} {:>7}  {}"


def main() -> int:
    """Run the whole test."""
    parser = argparse.ArgumentParser(prog="crash")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    words = options.only.split(",")
    is_clean = not any(word in NOTIFICATIONS for word in words) or notifications(options.seed)
    programs = [name for name in PROGRAMS if any(word in name for word in words)]
    return 0 if (stack_rounds(options, programs) if programs else True) and is_clean else 1


def notifications(seed: int) -> bool:
    """Kill query-api and PostgreSQL amid transitions and webhooks; print what came of it, return whether it is well."""
    print(
        f"{NOTIFICATION_KILLS} kills of query-api and PostgreSQL amid transitions and webhooks, SEED={seed}", flush=True
    )
    with tempfile.TemporaryDirectory(prefix="iot-crash-") as folder, kafka_broker() as broker:
        ensure_topics(broker.bootstrap)
        with postgres_process() as postgres:
            struck = asyncio.run(strike(broker, postgres, Path(folder), NOTIFICATION_KILLS, seed))
    print(
        f"{struck.transitions} transitions, {struck.webhooks} webhooks in {struck.attempts} attempts: "
        f"{'; '.join(struck.failures) or 'none lost, none twice, no new id, none after a noted 2xx'}",
        flush=True,
    )
    return not struck.failures


def stack_rounds(options: argparse.Namespace, programs: list[str]) -> bool:
    """Strike the programs of a stack, and print what came of it; return whether all is well."""
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
    return is_clean


def line(outcome: Outcome) -> str:
    """One row of the table."""
    ready = "never" if outcome.ready_s is None else f"{outcome.ready_s:.1f}"
    audit = "clean" if outcome.audit == "clean" else "broken"
    failures = "; ".join(outcome.failures)
    return _LINE.format(outcome.program, outcome.kind, outcome.round, ready, audit, outcome.answers, failures)


if __name__ == "__main__":
    sys.exit(main())
