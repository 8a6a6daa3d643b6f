"""How long after POST a reading is in `/v1/stats`, and how long until it is in the table itself.

Each probe posts one reading of a sensor of its own and asks for that sensor until it is counted, while a
background of 50 readings/s goes on. Times run from the moment the POST was due.
"""

import asyncio
import json
import sys

from bench.batches import PATH
from bench.client_lag import ClientLag
from bench.http_requests import CONNECT_WITHIN_S, HOST, question_bytes, request_bytes
from bench.load import background_load
from bench.open_loop import run_precisely
from bench.percentiles import latency_row, percentile
from bench.report import print_result, print_table
from simulator.load.connection import Connection, connect
from support.readings import a_reading, a_sensor
from support.stack import Stack, running_stack

PROBES = 250
COMMIT_PROBES = 60
READINGS_PER_S = 50
# Spread over the trigger interval, so that no probe is luckier than a reading is.
COMMIT_DELAYS_S = (0.0, 0.7, 1.4, 2.1)
BAR_P95_MS = 50
BAR_COMMIT_P95_S = 3
MAX_LAG_S = 0.025
ANSWER_POLL_S = 0.002
COMMIT_POLL_S = 0.05
GIVE_UP_S = 60


async def count_of(connection: Connection, sensor_id: str, source: str) -> int:
    """How many readings of a sensor query-api counts in `source`. Raises AssertionError when it doesn't answer."""
    answer = await connection.ask(question_bytes(f"/v1/stats?sensor_id={sensor_id}&source={source}"))
    assert answer.status == 200, answer
    return int(json.loads(answer.body)["rows"][0]["count"])


async def time_to_visible(stack: Stack, lag: ClientLag, *, source: str, poll_s: float, delay_s: float = 0) -> float:
    """Seconds until `source` counts a reading that is due in `delay_s`. Raises TimeoutError after a minute."""
    sensor_id = a_sensor("probe")
    ingest = await connect(HOST, stack.port("INGEST_API"), CONNECT_WITHIN_S)
    query = await connect(HOST, stack.port("QUERY_API"), CONNECT_WITHIN_S)
    try:
        request = request_bytes(PATH, json.dumps(a_reading(sensor_id)).encode())
        due = lag.clock.now() + delay_s
        await lag.clock.sleep_until(due)
        lag.sent(due)
        answer = await ingest.ask(request)
        assert answer.status == 202, answer
        async with asyncio.timeout(GIVE_UP_S):
            while await count_of(query, sensor_id, source) != 1:
                await asyncio.sleep(poll_s)
        return lag.clock.now() - due
    finally:
        ingest.fail("the run is over")
        query.fail("the run is over")


async def measure(stack: Stack, lag: ClientLag) -> tuple[list[float], list[float]]:
    """Seconds to visible in the answers, and in the table alone; the probes of the latter overlap."""
    async with background_load(stack.port("INGEST_API"), READINGS_PER_S, lag), lag.watched():
        answers = [await time_to_visible(stack, lag, source="all", poll_s=ANSWER_POLL_S) for _ in range(PROBES)]
        commits = []
        for _ in range(COMMIT_PROBES // len(COMMIT_DELAYS_S)):
            probes = [
                time_to_visible(stack, lag, source="table", poll_s=COMMIT_POLL_S, delay_s=delay_s)
                for delay_s in COMMIT_DELAYS_S
            ]
            commits += await asyncio.gather(*probes)
    return answers, commits


def main() -> int:
    """Measure the running stack and print."""
    lag = ClientLag(MAX_LAG_S)
    answers, commits = run_precisely(measure(running_stack(), lag))
    row = latency_row(answers)
    print(f"POST to visible at {READINGS_PER_S} readings/s, {len(answers)} and {len(commits)} probes")
    print_table({"in every answer": row, "in the table": latency_row(commits), **lag.rows()})
    return print_result(
        "freshness",
        lag,
        **row,
        commit_p50_s=round(percentile(commits, 50), 2),
        commit_p95_s=round(percentile(commits, 95), 2),
        commit_p99_s=round(percentile(commits, 99), 2),
        probes=len(answers),
        commit_probes=len(commits),
        readings_per_s=READINGS_PER_S,
        bar_p95_ms=BAR_P95_MS,
        bar_commit_p95_s=BAR_COMMIT_P95_S,
    )


if __name__ == "__main__":
    sys.exit(main())
