"""What the tests share: an ingest-api that answers from a script, behind httpx's own mock transport."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
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
