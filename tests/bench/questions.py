"""Fifty people with a dashboard each: a question a second from every one, while 1,000 readings/s come in.

Beside them, readings that are asked for with `after=` their own position, and probes of freshness. Times run from the
moment a question was due.
"""

import asyncio
import itertools
import json
import sys
from dataclasses import dataclass, field
from urllib.parse import quote

from bench.batches import PATH
from bench.client_lag import ClientLag
from bench.freshness import ANSWER_POLL_S, time_to_visible
from bench.http_requests import CONNECT_WITHIN_S, HOST, question_bytes, request_bytes
from bench.load import background_load
from bench.open_loop import open_loop, run_precisely
from bench.percentiles import latency_row
from bench.report import print_result, print_table
from simulator.load.connection import connect
from support.readings import a_reading, a_sensor
from support.stack import Stack, running_stack

CLIENTS, READINGS_PER_S = 50, 1000
WARM_UP_S, SECONDS = 20, 60
QUESTIONS = (
    "/v1/summary",
    "/v1/stats?group_by=sensor_type,location&from=now-24h",
    "/v1/timeseries?group_by=sensor_type&from=now-1h&points=300",
)
BETWEEN_S = 0.3
MAX_LAG_S = 0.025
BAR_P99_MS, BAR_AFTER_P99_MS, BAR_FRESHNESS_P95_MS = 150, 50, 50


@dataclass
class Measured:
    """Seconds of each kind, and how many questions were not answered 200."""

    questions: list[float] = field(default_factory=list)
    own_writes: list[float] = field(default_factory=list)
    visible: list[float] = field(default_factory=list)
    failed: int = 0


async def read_own_writes(stack: Stack, lag: ClientLag, took: list[float]) -> None:
    """Post a reading and ask for it with `after=`, again and again: from the acknowledgement to the answer."""
    ingest = await connect(HOST, stack.port("INGEST_API"), CONNECT_WITHIN_S)
    query = await connect(HOST, stack.port("QUERY_API"), CONNECT_WITHIN_S)
    try:
        while True:
            sensor_id = a_sensor("own")
            accepted = await ingest.ask(request_bytes(PATH, json.dumps(a_reading(sensor_id)).encode()))
            assert accepted.status == 202, accepted
            started = lag.clock.now()
            after = quote(json.loads(accepted.body)["position"])
            answer = await query.ask(question_bytes(f"/v1/stats?sensor_id={sensor_id}&after={after}"))
            took.append(lag.clock.now() - started)
            assert json.loads(answer.body)["rows"][0]["count"] == 1, answer
            await asyncio.sleep(BETWEEN_S)
    finally:
        ingest.fail("the run is over")
        query.fail("the run is over")


async def probe_freshness(stack: Stack, lag: ClientLag, took: list[float]) -> None:
    """From POST to visible, again and again."""
    while True:
        took.append(await time_to_visible(stack, lag, source="all", poll_s=ANSWER_POLL_S))
        await asyncio.sleep(BETWEEN_S)


async def measure(stack: Stack, lag: ClientLag) -> Measured:
    """All of it at once."""
    measured, kinds = Measured(), itertools.cycle(QUESTIONS)
    async with background_load(stack.port("INGEST_API"), READINGS_PER_S, lag):
        await lag.clock.sleep_until(lag.clock.now() + WARM_UP_S)
        beside = [
            asyncio.create_task(read_own_writes(stack, lag, measured.own_writes)),
            asyncio.create_task(probe_freshness(stack, lag, measured.visible)),
        ]
        async with lag.watched():
            outcome = await open_loop(
                stack.port("QUERY_API"),
                lambda _: question_bytes(next(kinds)),
                lag,
                per_s=CLIENTS,
                seconds=SECONDS,
                max_connections=CLIENTS,
            )
        for task in beside:
            task.cancel()
        for ended in await asyncio.gather(*beside, return_exceptions=True):
            if not isinstance(ended, asyncio.CancelledError):
                raise RuntimeError("a probe ended early") from ended
    measured.questions = outcome.latencies_s
    measured.failed = outcome.unsent + sum(outcome.statuses.values()) - outcome.statuses[200]
    return measured


def main() -> int:
    """Measure the running stack and print."""
    lag = ClientLag(MAX_LAG_S)
    measured = run_precisely(measure(running_stack(), lag))
    rows = {
        f"{CLIENTS} questions a second": latency_row(measured.questions),
        "a reading of one's own, with after=": latency_row(measured.own_writes),
        "POST to visible": latency_row(measured.visible),
    }
    print_table({**rows, **lag.rows()})
    asked, own, visible = rows.values()
    return print_result(
        "questions",
        lag,
        p99_ms=asked["p99_ms"],
        bar_p99_ms=BAR_P99_MS,
        failed=measured.failed,
        after_p99_ms=own["p99_ms"],
        bar_after_p99_ms=BAR_AFTER_P99_MS,
        freshness_p95_ms=visible["p95_ms"],
        bar_freshness_p95_ms=BAR_FRESHNESS_P95_MS,
        questions=len(measured.questions),
        readings_per_s=READINGS_PER_S,
    )


if __name__ == "__main__":
    sys.exit(main())
