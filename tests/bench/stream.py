"""Drains a backlog by the stream processor with everything on, against a bare copy of it by the same Spark.

Both read the same topic of a broker of the benchmark's own and write Iceberg tables into local folders, in turns, each
in a new process; each counts at the faster of two and three local threads.
"""

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.partitioner import murmur2

from bench.report import print_result, print_table
from iot_contracts.topics import IOT_SENSORS, TOPICS
from stack.paths import BUNDLED_JAVA_HOME, JARS, SERVICES, SPARK_JAVA_HOME, venv_python
from support.kafka_broker import KafkaBroker, kafka_broker

MESSAGES = int(os.environ.get("MESSAGES") or 3_000_000)
ROUNDS = int(os.environ.get("ROUNDS") or 3)
SENSORS = tuple(int(count) for count in (os.environ.get("SENSORS") or "200,20000").split(","))
MASTERS = tuple((os.environ.get("MASTERS") or "local[2];local[3]").split(";"))
BAR_RATIO = 1.0
SIDE = SERVICES / "stream-processor" / "tests" / "drain.py"
TYPES = (
    ("temperature", "Celsius", 21.5),
    ("humidity", "%", 55.0),
    ("pressure", "hPa", 1013.2),
    ("light", "lux", 420.0),
)
BATCH_BYTES = 500_000


def messages(sensors: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Partition, key and value of readings, a second from one of a sensor to its next; deviations are random."""
    noise = np.random.default_rng(7).normal(size=65_536).round(3).tolist()
    # The oldest reading is so old that the newest is of now.
    start_us = (int(time.time()) - MESSAGES // sensors) * 1_000_000
    kinds = [TYPES[number % len(TYPES)] for number in range(sensors)]
    names = [f"SENSOR_{number:05}" for number in range(sensors)]
    places = [(murmur2(name.encode()) & 0x7FFFFFFF) % IOT_SENSORS.partitions for name in names]
    encode = msgspec.json.Encoder().encode
    for first in range(0, MESSAGES, sensors):
        turn_us = start_us + first // sensors * 1_000_000
        measured_at = f"{np.datetime_as_string(np.datetime64(turn_us, 'us'), unit='ms')}Z"
        for at in range(min(sensors, MESSAGES - first)):
            kind, unit, usual = kinds[at]
            reading = {
                "reading_id": str(UUID(int=(7 << 76) | (2 << 62) | (first + at))),
                "sensor_id": names[at],
                "sensor_type": kind,
                "location": "Tangier-Centre",
                "value": usual + noise[(first + at) * 31 % len(noise)],
                "unit": unit,
                "timestamp": measured_at,
                "battery_level": 90.0,
            }
            yield places[at], names[at].encode(), encode(reading)


async def fill(bootstrap: str, sensors: int) -> None:
    """Make every topic, and write the backlog."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics(
        [NewTopic(topic.name, topic.partitions, 1, topic_configs=topic.config()) for topic in TOPICS]
    )
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, max_batch_size=BATCH_BYTES, linger_ms=20) as producer:
        batches = {number: producer.create_batch() for number in range(IOT_SENSORS.partitions)}
        for partition, key, value in messages(sensors):
            if batches[partition].append(key=key, value=value, timestamp=None) is None:
                await producer.send_batch(batches[partition], IOT_SENSORS.name, partition=partition)
                batches[partition] = producer.create_batch()
                batches[partition].append(key=key, value=value, timestamp=None)
        for partition, batch in batches.items():
            await producer.send_batch(batch, IOT_SENSORS.name, partition=partition)


def run_side(side: str, broker: KafkaBroker, master: str, folder: Path) -> dict[str, float]:
    """Run one side in a new process; returns what it printed. Raises AssertionError with its output when it failed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    command = [
        str(venv_python("stream-processor")), str(SIDE), side,
        "--bootstrap", broker.bootstrap, "--master", master, "--folder", str(folder),
        "--jars", str(JARS / "spark"), "--messages", str(MESSAGES),
    ]  # fmt: skip
    environment = os.environ | {
        "JAVA_HOME": str(SPARK_JAVA_HOME),
        "IOT_JAVA_HOME": str(BUNDLED_JAVA_HOME),
        "PYSPARK_PYTHON": str(venv_python("stream-processor")),
        "NUMBA_CACHE_DIR": str(folder.parent / "numba"),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, start_new_session=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"seconds"')]
    assert lines, done.stdout[-4000:] + done.stderr[-4000:]
    found: dict[str, float] = json.loads(lines[-1])
    return found


def compare(broker: KafkaBroker, folder: Path, sensors: int) -> dict[str, dict[str, float]]:
    """A row a round: readings/s of both sides at their faster master, and CPU a reading of ours."""
    rows: dict[str, dict[str, float]] = {}
    run_side("operator", broker, MASTERS[0], folder / "side")  # compiles the detector, warms the page cache
    for number in range(1, ROUNDS + 1):
        ours = [run_side("operator", broker, master, folder / "side") for master in MASTERS]
        theirs = [run_side("copy", broker, master, folder / "side") for master in MASTERS]
        best, peer = (min(runs, key=lambda run: run["seconds"]) for runs in (ours, theirs))
        rows[f"{sensors} sensors, round {number}"] = {
            "operator/s": round(MESSAGES / best["seconds"]),
            "copy/s": round(MESSAGES / peer["seconds"]),
            "ratio": round(peer["seconds"] / best["seconds"], 3),
            "µs JVM": round(best["jvm_s"] / MESSAGES * 1e6, 2),
            "µs workers": round(best["python_s"] / MESSAGES * 1e6, 2),
            "copy's µs JVM": round(peer["jvm_s"] / MESSAGES * 1e6, 2),
        }
    return rows


def main() -> int:
    """Measure and print."""
    rows: dict[str, dict[str, float]] = {}
    for sensors in SENSORS:
        with kafka_broker() as broker, tempfile.TemporaryDirectory(prefix="iot-bench-stream-") as folder:
            asyncio.run(fill(broker.bootstrap, sensors))
            rows |= compare(broker, Path(folder), sensors)
    print(f"a backlog of {MESSAGES:,} readings, drained; CPU in µs a reading, with that of starting")
    print_table(rows)
    ratio = statistics.median(row["ratio"] for row in rows.values())
    return print_result("stream", ratio=round(ratio, 3), bar_ratio=BAR_RATIO, messages=MESSAGES)


if __name__ == "__main__":
    raise SystemExit(main())
