"""How long after POST a value beyond its limit is an alert on `iot-alerts`, and from there in `GET /v1/alerts`.

Each probe posts one reading of a sensor of its own, spread over the interval between batches, while a background of
1,000 readings/s goes on. Times run from the moment the POST was due.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from bench.batches import PATH
from bench.client_lag import ClientLag
from bench.http_requests import CONNECT_WITHIN_S, HOST, question_bytes, request_bytes
from bench.load import background_load
from bench.open_loop import run_precisely
from bench.percentiles import latency_row, percentile
from bench.report import print_result, print_table
from iot_contracts.alerts import AlertTransition
from iot_contracts.topics import IOT_ALERTS
from simulator.load.connection import connect
from support.readings import a_reading, a_sensor
from support.stack import Stack, running_stack
from support.topic_watch import TopicWatch, watch

PROBES = 80
READINGS_PER_S = 1000
BEYOND = 99.0
WARM_UP_S = 20
BETWEEN_S = 0.37
"""No divisor of the interval between batches."""
ANSWER_POLL_S = 0.01
GIVE_UP_S = 60
MAX_LAG_S = 0.025
BAR_P95_MS, BAR_LISTED_P95_MS = 2000, 250


@asynccontextmanager
async def alerts_as_they_come(stack: Stack, lag: ClientLag) -> AsyncIterator[dict[str, asyncio.Future[float]]]:
    """A future for each sensor that is put in: when its first transition came out of the broker."""
    wanted: dict[str, asyncio.Future[float]] = {}

    async def follow(topic: TopicWatch) -> None:
        while True:
            records = await topic.poll()
            now = lag.clock.now()
            for record in records:
                transition = msgspec.json.decode(record.value or b"", type=AlertTransition)
                found = wanted.get(transition.sensor_id)
                if found and not found.done():
                    found.set_result(now)

    async with watch(stack.kafka, IOT_ALERTS) as topic:
        following = asyncio.create_task(follow(topic))
        try:
            yield wanted
        finally:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following


async def probe(stack: Stack, lag: ClientLag, wanted: dict[str, asyncio.Future[float]]) -> tuple[float, float]:
    """Seconds from POST to the alert's message, and from there to the list of alerts."""
    sensor_id = a_sensor("probe")
    wanted[sensor_id] = asyncio.get_running_loop().create_future()
    ingest = await connect(HOST, stack.port("INGEST_API"), CONNECT_WITHIN_S)
    query = await connect(HOST, stack.port("QUERY_API"), CONNECT_WITHIN_S)
    try:
        due = lag.clock.now()
        answer = await ingest.ask(request_bytes(PATH, json.dumps(a_reading(sensor_id, BEYOND)).encode()))
        assert answer.status == 202, answer
        async with asyncio.timeout(GIVE_UP_S):
            published = await wanted[sensor_id]
            while True:
                answer = await query.ask(question_bytes(f"/v1/alerts?sensor_id={sensor_id}"))
                assert answer.status == 200, answer
                if json.loads(answer.body)["alerts"]:
                    return published - due, max(0.0, lag.clock.now() - published)
                await asyncio.sleep(ANSWER_POLL_S)
    finally:
        ingest.fail("the run is over")
        query.fail("the run is over")


async def measure(stack: Stack, lag: ClientLag) -> list[tuple[float, float]]:
    """The probes overlap, as a batch takes several of them."""
    async with (
        background_load(stack.port("INGEST_API"), READINGS_PER_S, lag),
        alerts_as_they_come(stack, lag) as wanted,
    ):
        await lag.clock.sleep_until(lag.clock.now() + WARM_UP_S)
        async with lag.watched(), asyncio.TaskGroup() as tasks:
            probes = []
            for _ in range(PROBES):
                probes.append(tasks.create_task(probe(stack, lag, wanted)))
                await asyncio.sleep(BETWEEN_S)
        return [one.result() for one in probes]


def main() -> int:
    """Measure the running stack and print."""
    lag = ClientLag(MAX_LAG_S)
    took = run_precisely(measure(running_stack(), lag))
    published, listed = [one[0] for one in took], [one[1] for one in took]
    row = latency_row(published)
    print(f"POST to alert at {READINGS_PER_S} readings/s, {len(took)} probes")
    print_table({"on iot-alerts": row, "from there in GET /v1/alerts": latency_row(listed), **lag.rows()})
    return print_result(
        "alert",
        lag,
        **row,
        listed_p95_ms=round(percentile(listed, 95) * 1000, 1),
        bar_p95_ms=BAR_P95_MS,
        bar_listed_p95_ms=BAR_LISTED_P95_MS,
        readings_per_s=READINGS_PER_S,
    )


if __name__ == "__main__":
    sys.exit(main())
