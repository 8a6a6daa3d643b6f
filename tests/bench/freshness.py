"""How long after POST a reading is in `/v1/stats`, and how long until it is in the table itself.

Each probe posts one reading of a sensor of its own and asks for that sensor until it is counted, while a
background of 50 readings/s goes on. Times run from the moment the POST is sent.
"""

import asyncio
import time

import httpx

from bench.load import background_load
from bench.report import latency_row, percentile, print_result, print_table
from support.questions import stats_of
from support.readings import a_reading, a_sensor
from support.stack import Stack, running_stack

PROBES = 250
COMMIT_PROBES = 60
READINGS_PER_S = 50
BAR_P95_MS = 250
BAR_COMMIT_P95_S = 5
ANSWER_POLL_S = 0.002
COMMIT_POLL_S = 0.05
GIVE_UP_S = 60


async def time_to_visible(http: httpx.AsyncClient, stack: Stack, *, source: str, poll_s: float) -> float:
    """Seconds from sending one reading until `source` counts it. Raises TimeoutError after a minute."""
    sensor_id = a_sensor("probe")
    started = time.perf_counter()
    answer = await http.post(f"{stack.url('ingest-api')}/v1/readings", json=a_reading(sensor_id))
    answer.raise_for_status()
    async with asyncio.timeout(GIVE_UP_S):
        while (await stats_of(http, stack.url("query-api"), sensor_id, source=source))["count"] != 1:
            await asyncio.sleep(poll_s)
    return time.perf_counter() - started


async def measure(stack: Stack) -> tuple[list[float], list[float]]:
    """Seconds to visible in the answers, and in the table alone; the probes of the latter overlap."""
    async with (
        httpx.AsyncClient(timeout=30) as http,
        background_load(stack.url("ingest-api"), READINGS_PER_S),
    ):
        answers = [await time_to_visible(http, stack, source="all", poll_s=ANSWER_POLL_S) for _ in range(PROBES)]
        commits = []
        for _ in range(COMMIT_PROBES // 4):
            # Spread over the trigger interval, so that no probe is luckier than a reading is.
            probes = [delayed_commit_probe(http, stack, delay_s) for delay_s in (0.0, 0.7, 1.4, 2.1)]
            commits += await asyncio.gather(*probes)
    return answers, commits


async def delayed_commit_probe(http: httpx.AsyncClient, stack: Stack, delay_s: float) -> float:
    """A commit probe that starts after `delay_s` seconds."""
    await asyncio.sleep(delay_s)
    return await time_to_visible(http, stack, source="table", poll_s=COMMIT_POLL_S)


def main() -> None:
    """Measure the running stack and print."""
    answers, commits = asyncio.run(measure(running_stack()))
    row = latency_row(answers)
    print(f"POST to visible at {READINGS_PER_S} readings/s, {len(answers)} and {len(commits)} probes")
    print_table({"in every answer": row, "in the table": latency_row(commits)})
    print_result(
        "freshness",
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
    main()
