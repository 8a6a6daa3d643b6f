"""The live stream with 1,000 clients: alerts complete, Kafka to frame, a stalled client, frames a core-second, memory.

With a broker and a dashboard of its own; messages are written to Kafka directly.
"""

import asyncio
import json
import os
import socket
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import msgspec
import psutil
from aiokafka import AIOKafkaProducer

from bench.client_lag import ClientLag
from bench.percentiles import latency_row
from bench.report import print_result, print_table
from bench.stream_clients import LightClient, connect
from components.topics import ensure_topics
from iot_contracts.topics import IOT_ALERTS, IOT_SENSORS, TOPICS
from stack.paths import PROJECT, venv_python
from support.dashboard_process import DashboardProcess, dashboard_process
from support.kafka_broker import kafka_broker
from support.process import free_port, running
from support.readings import a_reading

CLIENTS = 1000
SENSORS = 200
READINGS_PER_S = 200
ALERTS_PER_S = 1
DURATION_S = 20
WARM_UP_S = 10
LAST_FRAME_S = 10
BUSY_CLIENTS = 200
BUSY_PER_S = 30
IDLE_SETTLE_S = 2
FIRST_CLIENTS = 20
PATH = "/v1/stream"
MAX_LAG_S = 0.05
BARS = {"bar_p99_ms": 100, "bar_frames_per_core_s": 8000, "bar_idle_kib": 40}
EXAMPLE_ALERT = PROJECT / "contracts" / "examples" / "iot-alerts" / "valid" / "opened.json"


class _Frame(msgspec.Struct):
    type: str
    data: list[msgspec.Raw] = []
    snapshot: bool = False


class _Id(msgspec.Struct):
    reading_id: str = ""
    alert_id: str = ""


_frames = msgspec.json.Decoder(_Frame)
_ids = msgspec.json.Decoder(_Id)


@dataclass
class Arrivals:
    """When each message was produced, its latencies, and how many clients got each alert."""

    produced: dict[str, float] = field(default_factory=dict)
    latencies_s: list[float] = field(default_factory=list)
    alerts: Counter[str] = field(default_factory=Counter)
    counts_from: float = 0.0

    def on_text(self, _client: int, text: bytes) -> None:
        """Note a frame."""
        now = time.perf_counter()
        frame = _frames.decode(text)
        if frame.snapshot or frame.type not in ("readings", "alerts"):
            return
        for raw in frame.data:
            message = _ids.decode(raw)
            if frame.type == "alerts":
                self.alerts[message.alert_id] += 1
            produced = self.produced.get(message.alert_id if frame.type == "alerts" else message.reading_id)
            if produced is not None and produced >= self.counts_from:
                self.latencies_s.append(now - produced)


def subscribe(topic: str, **wanted: list[str]) -> str:
    """A request without snapshot."""
    return json.dumps({"type": "subscribe", "topic": topic, "filter": wanted, "snapshot": False})


def sensor(number: int) -> str:
    """One of the sensors."""
    return f"FANOUT_{number % SENSORS:03}"


async def produce(producer: AIOKafkaProducer, arrivals: Arrivals, per_s: int, seconds: float) -> list[str]:
    """Write readings at a rate, and alerts beside them; returns the alerts' ids."""
    alert, started = json.loads(EXAMPLE_ALERT.read_text()), time.perf_counter()
    alerts: list[str] = []
    for number in range(round(per_s * seconds)):
        due = started + number / per_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        reading = a_reading(sensor(number))
        arrivals.produced[str(reading["reading_id"])] = due
        await producer.send(IOT_SENSORS.name, json.dumps(reading).encode(), key=reading["sensor_id"].encode())
        if number % (per_s // ALERTS_PER_S) == 0:
            alerts.append(uuid4().hex)
            arrivals.produced[alerts[-1]] = due
            await producer.send(IOT_ALERTS.name, json.dumps({**alert, "alert_id": alerts[-1]}).encode())
    return alerts


async def steady(producer: AIOKafkaProducer, arrivals: Arrivals) -> dict[str, float]:
    """Latencies at the rate; AssertionError when a client lacks an alert."""
    arrivals.latencies_s.clear()
    arrivals.counts_from = time.perf_counter()
    alerts = await produce(producer, arrivals, READINGS_PER_S, DURATION_S)
    deadline = time.perf_counter() + LAST_FRAME_S
    while time.perf_counter() < deadline and any(arrivals.alerts[one] < CLIENTS for one in alerts):
        await asyncio.sleep(0.05)
    incomplete = {one: arrivals.alerts[one] for one in alerts if arrivals.alerts[one] != CLIENTS}
    assert not incomplete, f"not every client got every alert once: {incomplete}"
    return latency_row(arrivals.latencies_s)


async def stalled(port: int) -> LightClient:
    """A client that asks for everything and reads nothing."""
    (client,) = await connect(port, PATH, ["\n".join((subscribe("readings"), subscribe("alerts")))], lambda *_: None)
    client.transport.pause_reading()
    return client


async def frames_per_core_s(process: psutil.Process, clients: list[LightClient], seconds: float) -> float:
    """Frames that arrived, by processor seconds of the server."""
    frames, cpu = sum(client.frames for client in clients), sum(process.cpu_times()[:2])
    await asyncio.sleep(seconds)
    return (sum(client.frames for client in clients) - frames) / (sum(process.cpu_times()[:2]) - cpu)


async def idle_kib(dashboard: DashboardProcess) -> float:
    """Memory of an idle connection that has subscribed, in KiB."""
    # What the first ones load stays loaded.
    clients = await connect(dashboard.port, PATH, [subscribe("health")] * FIRST_CLIENTS, lambda *_: None)
    before = dashboard.process.memory_info().rss
    clients += await connect(dashboard.port, PATH, [subscribe("health")] * CLIENTS, lambda *_: None)
    await asyncio.sleep(IDLE_SETTLE_S)
    grown = dashboard.process.memory_info().rss - before
    for client in clients:
        client.transport.close()
    return grown / 1024 / CLIENTS


async def bare_frames_per_core_s(folder: Path, text: str) -> float:
    """The same number of the same frames from a bare `websockets` server."""
    port = free_port()
    command: list[str | Path] = [
        venv_python("tests"),
        Path(__file__).with_name("bare_broadcast.py"),
        str(port),
        text,
        str(BUSY_PER_S),
    ]
    with running(
        command, log=folder / "bare.log", environment=os.environ, ready=lambda: _listens(port), deadline_s=30
    ) as process:
        clients = await connect(port, "/", [""] * BUSY_CLIENTS, lambda *_: None)
        rate = await frames_per_core_s(psutil.Process(process.pid), clients, DURATION_S)
        for client in clients:
            client.transport.close()
    return rate


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def measure(bootstrap: str, folder: Path, lag: ClientLag) -> dict[str, float]:
    """All figures."""
    arrivals = Arrivals()
    with dashboard_process(bootstrap, folder / "dashboard.log") as dashboard:
        async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer, lag.watched():
            idle = await idle_kib(dashboard)
            firsts = [
                "\n".join((subscribe("readings", sensor_id=[sensor(number)]), subscribe("alerts")))
                for number in range(CLIENTS)
            ]
            clients = await connect(dashboard.port, PATH, firsts, arrivals.on_text)
            await produce(producer, arrivals, READINGS_PER_S, WARM_UP_S)
            alone = await steady(producer, arrivals)
            await stalled(dashboard.port)
            beside = await steady(producer, arrivals)
            for client in clients:
                client.transport.close()
            print_table({"1,000 clients": alone, "and one that reads nothing": beside})
            busy = await connect(dashboard.port, PATH, [subscribe("readings")] * BUSY_CLIENTS, lambda *_: None)
            work = asyncio.create_task(produce(producer, arrivals, BUSY_PER_S, WARM_UP_S + DURATION_S))
            await asyncio.sleep(WARM_UP_S / 2)
            ours = await frames_per_core_s(dashboard.process, busy, DURATION_S)
            await work
    text = json.dumps({"type": "readings", "sequence": 1, "data": [a_reading(sensor(0))]})
    bare = await bare_frames_per_core_s(folder, text)
    return {
        "p99_ms": alone["p99_ms"],
        "p99_beside_a_stalled_client_ms": beside["p99_ms"],
        "frames_per_core_s": round(ours),
        "bare_frames_per_core_s": round(bare),
        "idle_kib": round(idle, 1),
    }


def main() -> int:
    """Measure and print."""
    lag = ClientLag(MAX_LAG_S)
    with kafka_broker() as broker, tempfile.TemporaryDirectory() as name:
        ensure_topics(broker.bootstrap, TOPICS)
        figures = asyncio.run(measure(broker.bootstrap, Path(name), lag))
    print_table({"figures": figures})
    return print_result("fanout", lag, **figures, alerts_complete=True, **BARS)


if __name__ == "__main__":
    sys.exit(main())
