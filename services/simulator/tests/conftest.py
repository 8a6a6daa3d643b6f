"""What the tests share: an ingest-api that answers from a script behind httpx's mock transport, and a real server."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from iot_contracts.readings import Reading
from simulator.delivery import http_sender
from simulator.delivery.buffer import Buffer
from simulator.delivery.http_sender import HttpSender
from simulator.delivery.tally import Tally

Script = list[Any]


class IngestApi:
    """Answers each request by the next entry: an exception to raise, a status, or (status, JSON, headers)."""

    def __init__(self) -> None:
        self.script: Script = []
        self.requests: list[list[Reading]] = []
        self.alive = True

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/livez":
            if not self.alive:
                raise httpx.ConnectError("refused")
            return httpx.Response(200)
        readings = msgspec.json.decode(request.content, type=list[Reading])
        self.requests.append(readings)
        entry = self.script.pop(0) if self.script else 202
        if isinstance(entry, Exception):
            raise entry
        status, body, headers = (entry, None, {}) if isinstance(entry, int) else entry
        return httpx.Response(
            status, json=body or {"accepted": len(readings), "rejected": 0, "errors": []}, headers=headers
        )


class Sink(ThreadingHTTPServer):
    """A real HTTP server in threads of its own, that takes readings as ingest-api does and keeps them."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _SinkHandler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.readings: list[Reading] = []
        self.requests = 0
        self.statuses: list[int] = []
        """What the next requests are answered instead of 202; their readings are not kept."""
        self.answers: Callable[[int], None] = lambda _number: None
        """Called with each request's number before its answer: may wait, as a slow server does, or raise."""
        self.idle_s: float | None = None
        """After how long without a request a connection is closed."""
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no news."""


class _SinkHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Sink

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self.server.idle_s)

    def do_GET(self) -> None:
        self._answer(200, b"{}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        readings = msgspec.json.decode(body if body.startswith(b"[") else b"[%b]" % body, type=list[Reading])
        with self.server.lock:
            self.server.requests += 1
            number = self.server.requests
            status = self.server.statuses.pop(0) if self.server.statuses else 202
            if status == 202:
                self.server.readings += readings
        self.server.answers(number)
        verdicts = {"accepted": len(readings), "rejected": 0, "errors": []} if status == 202 else {"status": status}
        self._answer(status, json.dumps(verdicts).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.wfile.write(b"HTTP/1.1 %d -\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def ingest_api() -> IngestApi:
    return IngestApi()


@pytest.fixture
def client(ingest_api: IngestApi) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(ingest_api.answer), base_url="http://ingest")


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.fixture
def buffer(tmp_path: Path, tally: Tally) -> Iterator[Buffer]:
    opened = Buffer.open(tmp_path / "buffer", max_readings=30, max_batch=7, tally=tally)
    yield opened
    opened.close()


@pytest.fixture
def sender(client: httpx.AsyncClient, tally: Tally) -> HttpSender:
    return HttpSender(client, tally)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between two attempts, which take no time."""
    taken: list[float] = []
    give_way = asyncio.sleep

    class Asyncio:
        @staticmethod
        async def sleep(delay_s: float) -> None:
            taken.append(delay_s)
            await give_way(0)

    monkeypatch.setattr(http_sender, "asyncio", Asyncio)
    return taken


@pytest.fixture
def make_readings() -> Callable[[int], list[Reading]]:

    def make(count: int, first: int = 0) -> list[Reading]:
        return [
            Reading(
                reading_id=UUID(int=number),
                sensor_id="SENSOR_001",
                sensor_type="temperature",
                location="Tangier-Centre",
                value=float(number),
                unit="Celsius",
                timestamp=datetime(2026, 3, 1, tzinfo=UTC),
            )
            for number in range(first, first + count)
        ]

    return make
