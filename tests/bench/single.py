"""One reading a POST at 1,000/s, open loop for 30 s, until Kafka's acknowledgement is answered for."""

import os

from bench.batches import BatchRequests
from bench.open_loop import OpenLoopOutcome, open_loop, run_precisely
from bench.report import latency_row, percentile, print_result, print_table
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


async def measure() -> OpenLoopOutcome:
    """Warm up, then measure. Raises AssertionError when a reading was refused, or is not in Kafka."""
    with kafka_broker() as broker:
        async with own_topic(broker.bootstrap, IOT_SENSORS.name):
            with ingest_process(broker.bootstrap, broker.folder / "ingest-api.log") as ingest:
                request = BatchRequests(readings_per_batch=1).numbered
                warm_up = await open_loop(
                    ingest.port, request, per_s=PER_S, seconds=WARM_UP_S, max_connections=MAX_CONNECTIONS
                )
                outcome = await open_loop(
                    ingest.port, request, per_s=PER_S, seconds=SECONDS, max_connections=MAX_CONNECTIONS
                )
            sent = len(warm_up.answers) + len(outcome.answers)
            assert set(outcome.statuses) == {202}, outcome.statuses
            assert await messages_in(broker.bootstrap, IOT_SENSORS.name) == sent
            return outcome


def main() -> None:
    """Measure and print."""
    outcome = run_precisely(measure())
    row = latency_row(outcome.latencies_s)
    print(f"one reading a POST at {PER_S}/s for {SECONDS:g} s, {len(outcome.answers)} readings, acks=all")
    print_table({"due to answer": row, "due to sent": latency_row(outcome.lateness_s)})
    print_result(
        "single",
        **row,
        sent_late_p99_ms=round(percentile(outcome.lateness_s, 99) * 1000, 1),
        unsent=outcome.unsent,
        requests_per_s=PER_S,
        bar_p50_ms=BAR_P50_MS,
        bar_p99_ms=BAR_P99_MS,
    )


if __name__ == "__main__":
    main()
