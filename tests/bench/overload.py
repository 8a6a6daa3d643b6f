"""A minute of three times what ingest-api can take: memory stays flat, and what it accepted is in Kafka exactly."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvloop

from bench.batches import READINGS_PER_BATCH, BatchRequests
from bench.client_lag import ClientLag
from bench.closed_loop import closed_loop
from bench.open_loop import OpenLoopOutcome, open_loop
from bench.report import print_result, print_table
from bench.stored_batches import Stored, stored_batches
from iot_contracts.topics import IOT_SENSORS
from support.ingest_process import IngestProcess, ingest_process
from support.kafka_broker import KafkaBroker, kafka_broker
from support.topics import own_topic

SECONDS = float(os.environ.get("SECONDS") or 60)
TIMES_CAPACITY = 3
CALIBRATION_REQUESTS = 600
CALIBRATION_CONNECTIONS = 8
MAX_CONNECTIONS = 400
RSS_POLL_S = 0.2
MIB = 1024**2
BAR_RSS_GROWTH_MIB = 150
# Nothing here is a latency: a client that is late by less still offers the load that it says.
MAX_LAG_S = 1.0


@asynccontextmanager
async def watched_rss(ingest: IngestProcess, samples: list[int]) -> AsyncIterator[None]:
    """Sample the resident memory until the block ends."""

    async def sample() -> None:
        while True:
            samples.append(ingest.rss_bytes())
            await asyncio.sleep(RSS_POLL_S)

    task = asyncio.create_task(sample())
    try:
        yield
    finally:
        task.cancel()


async def measure(broker: KafkaBroker, lag: ClientLag) -> tuple[float, OpenLoopOutcome, list[int], Stored]:
    """Capacity in readings/s, the overload's outcome, memory before and during it, and what Kafka has."""
    request = BatchRequests().numbered
    samples: list[int] = []
    with ingest_process(broker.bootstrap, broker.folder / "ingest-api.log") as ingest:
        calibration = await closed_loop(
            ingest.port,
            request,
            ClientLag(MAX_LAG_S),
            connections=CALIBRATION_CONNECTIONS,
            requests=CALIBRATION_REQUESTS,
        )
        assert set(calibration.statuses) == {202}, calibration.statuses
        samples.append(ingest.rss_bytes())
        async with watched_rss(ingest, samples), lag.watched():
            outcome = await open_loop(
                ingest.port,
                lambda number: request(CALIBRATION_REQUESTS + number),
                lag,
                per_s=TIMES_CAPACITY * calibration.per_s(),
                seconds=SECONDS,
                max_connections=MAX_CONNECTIONS,
            )
    largest = CALIBRATION_REQUESTS + max(outcome.answers)
    stored = await asyncio.to_thread(stored_batches, broker.bootstrap, IOT_SENSORS.name, largest)
    return calibration.per_s() * READINGS_PER_BATCH, outcome, samples, stored


async def main() -> int:
    """Measure and print. Raises AssertionError when a promise is broken."""
    lag = ClientLag(MAX_LAG_S)
    with kafka_broker() as broker:
        async with own_topic(broker.bootstrap, IOT_SENSORS.name):
            capacity, outcome, samples, stored = await measure(broker, lag)
    accepted = {CALIBRATION_REQUESTS + number for number, status in outcome.answers.items() if status == 202}
    accepted |= set(range(CALIBRATION_REQUESTS))
    growth_mib = (max(samples) - samples[0]) / MIB
    statuses = outcome.statuses
    print(f"batches of {READINGS_PER_BATCH} readings at {TIMES_CAPACITY} times capacity for {SECONDS:g} s")
    row = {
        "readings/s": round(capacity),
        "202": statuses[202],
        "503": statuses[503],
        "unsent": outcome.unsent,
        "RSS MiB": round(samples[0] / MIB),
        "growth MiB": round(growth_mib),
    }
    print_table({"overload": row})
    print_table(lag.rows())
    exit_code = print_result(
        "overload",
        lag,
        capacity_readings_per_s=round(capacity),
        answers={str(status): count for status, count in sorted(statuses.items())},
        unsent_requests=outcome.unsent,
        accepted_readings=len(accepted) * READINGS_PER_BATCH,
        messages_in_kafka=stored.messages,
        distinct_readings_in_kafka=stored.distinct,
        rss_growth_mib=round(growth_mib, 1),
        bar_rss_growth_mib=BAR_RSS_GROWTH_MIB,
    )
    assert set(statuses) <= {202, 503}, f"other answers than 202 and 503: {statuses}"
    assert stored.messages == stored.distinct == len(accepted) * READINGS_PER_BATCH, "accepted and stored differ"
    assert stored.batches == accepted, "other batches are stored than were accepted"
    return exit_code


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
