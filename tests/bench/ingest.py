"""Batches of 1,000 readings over HTTP, validated, acks=all, against Kafka's own ProducerPerformance.

Both write the same messages to a topic of three partitions on the same broker, in turns. Broker and ingest-api
are the benchmark's own, with the project's configuration and default settings.
"""

import asyncio
import os
import statistics
import sys

import uvloop

from bench.batches import READINGS_PER_BATCH, BatchRequests, messages
from bench.client_lag import ClientLag
from bench.closed_loop import closed_loop
from bench.null_sink import null_sink
from bench.producer_performance import producer_performance
from bench.report import print_result, print_table
from iot_contracts.topics import IOT_SENSORS
from support.ingest_process import IngestProcess, ingest_process
from support.kafka_broker import KafkaBroker, kafka_broker
from support.topics import messages_in, own_topic

ROUNDS = int(os.environ.get("ROUNDS") or 3)
CONNECTIONS = 8
REQUESTS = 1_500
WARM_UP_REQUESTS = 200
PAYLOAD_BATCHES = 20
BAR_RATIO = 0.6
MAX_LAG_S = 0.025
PEER_TOPIC = "bench-producer-performance"


async def our_rate(port: int, lag: ClientLag, requests: int = REQUESTS) -> float:
    """Readings a second, every one of them answered 202. Raises AssertionError when one was not."""
    outcome = await closed_loop(port, BatchRequests().numbered, lag, connections=CONNECTIONS, requests=requests)
    assert set(outcome.statuses) == {202}, outcome.statuses
    return outcome.per_s() * READINGS_PER_BATCH


async def rounds(
    broker: KafkaBroker, ingest: IngestProcess, sink_port: int, lag: ClientLag
) -> dict[str, dict[str, float]]:
    """One row a round, after a warm-up of both."""
    payloads = broker.folder / "payloads"
    payloads.write_bytes(b"\n".join(messages([b"%08x" % number for number in range(PAYLOAD_BATCHES)])) + b"\n")
    await our_rate(ingest.port, ClientLag(MAX_LAG_S), WARM_UP_REQUESTS)
    rows = {}
    for number in range(1, ROUNDS + 1):
        ours = await our_rate(ingest.port, lag)
        async with own_topic(broker.bootstrap, f"{PEER_TOPIC}-{number}") as topic:
            records = REQUESTS * READINGS_PER_BATCH
            theirs = await asyncio.to_thread(producer_performance, broker.bootstrap, topic, payloads, records)
        rows[f"round {number}"] = {
            "ingest-api": round(ours),
            "ProducerPerformance": round(theirs),
            "ratio": round(ours / theirs, 3),
            "load alone": round(await our_rate(sink_port, ClientLag(MAX_LAG_S))),
        }
    stored = await messages_in(broker.bootstrap, IOT_SENSORS.name)
    assert stored == (WARM_UP_REQUESTS + ROUNDS * REQUESTS) * READINGS_PER_BATCH, f"{stored} messages in Kafka"
    return rows


async def measure(lag: ClientLag) -> dict[str, dict[str, float]]:
    """Start what is measured, and measure."""
    with kafka_broker() as broker, null_sink() as sink_port:
        async with own_topic(broker.bootstrap, IOT_SENSORS.name):
            with ingest_process(broker.bootstrap, broker.folder / "ingest-api.log") as ingest:
                return await rounds(broker, ingest, sink_port, lag)


def main() -> int:
    """Measure and print."""
    lag = ClientLag(MAX_LAG_S)
    rows = uvloop.run(measure(lag))
    print(f"readings/s in batches of {READINGS_PER_BATCH} over {CONNECTIONS} connections, acks=all")
    print_table(rows)
    median = {name: statistics.median(row[name] for row in rows.values()) for name in next(iter(rows.values()))}
    return print_result(
        "ingest",
        lag,
        readings_per_s=round(median["ingest-api"]),
        peer="org.apache.kafka.tools.ProducerPerformance",
        peer_records_per_s=round(median["ProducerPerformance"]),
        ratio=round(median["ratio"], 3),
        bar=BAR_RATIO,
        load_alone_readings_per_s=round(median["load alone"]),
        rounds=len(rows),
    )


if __name__ == "__main__":
    sys.exit(main())
