"""One reading a POST at 1,000/s, open loop for 30 s, until Kafka's acknowledgement is answered for."""

import os
import sys
from collections.abc import Callable

from bench.batches import BatchRequests
from bench.client_lag import ClientLag
from bench.open_loop import OpenLoopOutcome, open_loop, run_precisely
from bench.percentiles import latency_row
from bench.report import print_result, print_table
from iot_contracts.topics import IOT_SENSORS
from support.ingest_process import ingest_process
from support.kafka_broker import kafka_broker
from support.topics import messages_in, own_topic

PER_S = 1_000
SECONDS = float(os.environ.get("SECONDS") or 30)
WARM_UP_S = 3
MAX_CONNECTIONS = 256
BAR_P50_MS = 3
BAR_P99_MS = 15
MAX_LAG_S = 0.005


async def measure(lag: ClientLag) -> OpenLoopOutcome:
    """Warm up, then measure. Raises AssertionError when a reading was refused, or is not in Kafka."""
    with kafka_broker() as broker:
        async with own_topic(broker.bootstrap, IOT_SENSORS.name):
            with ingest_process(broker.bootstrap, broker.folder / "ingest-api.log") as ingest:
                request = BatchRequests(readings_per_batch=1).numbered
                warm_up = await run(ingest.port, request, ClientLag(MAX_LAG_S), WARM_UP_S)
                async with lag.watched():
                    outcome = await run(ingest.port, request, lag, SECONDS)
            sent = len(warm_up.answers) + len(outcome.answers)
            assert set(outcome.statuses) == {202}, outcome.statuses
            assert await messages_in(broker.bootstrap, IOT_SENSORS.name) == sent
            return outcome


async def run(port: int, request: Callable[[int], bytes], lag: ClientLag, seconds: float) -> OpenLoopOutcome:
    """One open loop at the benchmark's rate."""
    return await open_loop(port, request, lag, per_s=PER_S, seconds=seconds, max_connections=MAX_CONNECTIONS)


def main() -> int:
    """Measure and print."""
    lag = ClientLag(MAX_LAG_S)
    outcome = run_precisely(measure(lag))
    row = latency_row(outcome.latencies_s)
    print(f"one reading a POST at {PER_S}/s for {SECONDS:g} s, {len(outcome.answers)} readings, acks=all")
    print_table({"due to answer": row, **lag.rows()})
    return print_result(
        "single",
        lag,
        **row,
        unsent=outcome.unsent,
        requests_per_s=PER_S,
        bar_p50_ms=BAR_P50_MS,
        bar_p99_ms=BAR_P99_MS,
    )


if __name__ == "__main__":
    sys.exit(main())
