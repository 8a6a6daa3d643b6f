"""The same batches into ingest-api and into Telegraf (http_listener_v2, json_v2, outputs.kafka), in turns.

Telegraf answers before Kafka has anything, so its clock runs until Kafka has everything; ingest-api's until everything
is answered, which is the same moment.
"""

import asyncio
import os
import statistics
import sys

import uvloop

from bench.batches import PATH, READINGS_PER_BATCH, BatchRequests
from bench.client_lag import ClientLag
from bench.closed_loop import closed_loop
from bench.ingest import CONNECTIONS, MAX_LAG_S, our_rate
from bench.report import print_result, print_table
from iot_contracts.topics import IOT_SENSORS
from support.ingest_process import ingest_process
from support.kafka_broker import KafkaBroker, kafka_broker
from support.process import free_port
from support.telegraf import VERSION, NoTelegrafError, telegraf
from support.telegraf_process import telegraf_listening
from support.topics import messages_in, own_topic

ROUNDS = int(os.environ.get("ROUNDS") or 3)
REQUESTS = 400
WARM_UP_REQUESTS = 100
STORED_POLL_S = 0.02
STORED_DEADLINE_S = 120
BAR_RATIO = 3
PEER_TOPIC = "bench-telegraf"
CONFIGURATION = """
[agent]
  flush_interval = "100ms"
  metric_batch_size = 10000
  metric_buffer_limit = 2000000
  omit_hostname = true
[[inputs.http_listener_v2]]
  service_address = "tcp://127.0.0.1:{port}"
  paths = ["{path}"]
  data_format = "json_v2"
  [[inputs.http_listener_v2.json_v2]]
    measurement_name = "reading"
    [[inputs.http_listener_v2.json_v2.object]]
      path = "@this"
      timestamp_key = "timestamp"
      timestamp_format = "rfc3339"
      tags = ["sensor_id", "sensor_type", "location", "unit"]
[[outputs.kafka]]
  brokers = ["{bootstrap}"]
  topic = "{topic}"
  routing_tag = "sensor_id"
  required_acks = -1
  data_format = "json"
"""


async def their_rate(port: int, bootstrap: str, lag: ClientLag, requests: int = REQUESTS) -> float:
    """Readings a second, until Kafka has all of them. Raises AssertionError when some never come."""
    before = await messages_in(bootstrap, PEER_TOPIC)
    wanted = before + requests * READINGS_PER_BATCH
    started = lag.clock.now()
    outcome = await closed_loop(port, BatchRequests().numbered, lag, connections=CONNECTIONS, requests=requests)
    assert set(outcome.statuses) == {204}, outcome.statuses
    while (stored := await messages_in(bootstrap, PEER_TOPIC)) < wanted:
        assert lag.clock.now() - started < STORED_DEADLINE_S, f"{wanted - stored} readings never came"
        await asyncio.sleep(STORED_POLL_S)
    return requests * READINGS_PER_BATCH / (lag.clock.now() - started)


async def rounds(
    broker: KafkaBroker, ingest_port: int, telegraf_port: int, lag: ClientLag
) -> dict[str, dict[str, float]]:
    """One row a round, after a warm-up of both."""
    warm_up = ClientLag(MAX_LAG_S)
    await our_rate(ingest_port, warm_up, WARM_UP_REQUESTS)
    await their_rate(telegraf_port, broker.bootstrap, warm_up, WARM_UP_REQUESTS)
    rows = {}
    for number in range(1, ROUNDS + 1):
        ours = await our_rate(ingest_port, lag, REQUESTS)
        theirs = await their_rate(telegraf_port, broker.bootstrap, lag)
        rows[f"round {number}"] = {
            "ingest-api": round(ours),
            "Telegraf": round(theirs),
            "ratio": round(ours / theirs, 2),
        }
    return rows


async def measure(lag: ClientLag) -> dict[str, dict[str, float]]:
    """Start what is measured, and measure."""
    port = free_port()
    with kafka_broker() as broker:
        configuration = CONFIGURATION.format(port=port, path=PATH, bootstrap=broker.bootstrap, topic=PEER_TOPIC)
        async with own_topic(broker.bootstrap, IOT_SENSORS.name), own_topic(broker.bootstrap, PEER_TOPIC):
            with (
                ingest_process(broker.bootstrap, broker.folder / "ingest-api.log") as ingest,
                telegraf_listening(configuration, port, broker.folder),
            ):
                return await rounds(broker, ingest.port, port, lag)


def main() -> int:
    """Measure and print, or say why there is nothing to measure."""
    try:
        telegraf()
    except NoTelegrafError as error:
        print(f"skipped: {error}")
        return print_result("telegraf", skipped=str(error))
    lag = ClientLag(MAX_LAG_S)
    rows = uvloop.run(measure(lag))
    print(
        f"readings/s in batches of {READINGS_PER_BATCH} over {CONNECTIONS} connections, until Kafka has all, acks=all"
    )
    print_table(rows)
    median = {name: statistics.median(row[name] for row in rows.values()) for name in next(iter(rows.values()))}
    return print_result(
        "telegraf",
        lag,
        readings_per_s=round(median["ingest-api"]),
        peer=f"Telegraf {VERSION}",
        peer_readings_per_s=round(median["Telegraf"]),
        ratio=round(median["ratio"], 2),
        bar=BAR_RATIO,
        rounds=len(rows),
    )


if __name__ == "__main__":
    sys.exit(main())
