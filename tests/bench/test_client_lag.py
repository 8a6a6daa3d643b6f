"""A benchmark's client says how late it was itself, and is not blamed for a slow service."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bench.client_lag import ClientLag, Clock
from bench.closed_loop import closed_loop
from bench.http_requests import request_bytes
from bench.null_sink import ANSWER, Sink
from bench.open_loop import open_loop
from bench.report import CLIENT_FELL_BEHIND, print_result, table

BOUND_S = 0.005
REQUEST = request_bytes("/", b"{}")


class FakeTime:
    """A clock that only moves when somebody sleeps or says so."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.cpu_s = 0.0
        self.late_s = 0.0
        """How late a sleeper wakes up."""

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds + self.late_s
        await asyncio.sleep(0)

    def lag(self, bound_s: float = BOUND_S) -> ClientLag:
        return ClientLag(bound_s, Clock(now=lambda: self.now_s, cpu=lambda: self.cpu_s, sleep=self.sleep))


@asynccontextmanager
async def server(protocol: Callable[[], asyncio.Protocol] = Sink) -> AsyncIterator[int]:
    """Runs a server of that protocol; yields its port."""
    listening = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


async def test_a_request_that_leaves_late_is_lag_and_counts_in_the_latency() -> None:
    time = FakeTime()
    lag = time.lag()

    def request(number: int) -> bytes:
        time.now_s += 0.3 if number == 5 else 0
        return REQUEST

    async with server() as port:
        outcome = await open_loop(port, request, lag, per_s=100, seconds=0.1, max_connections=10)
    assert max(lag.sent_s) >= 0.3
    assert max(outcome.latencies_s) >= 0.3
    assert lag.fell_behind


async def test_a_slow_service_is_latency_and_not_lag() -> None:
    time = FakeTime()
    lag = time.lag()

    class SlowSink(Sink):
        def data_received(self, data: bytes) -> None:
            time.now_s += 0.5
            super().data_received(data)

    async with server(SlowSink) as port:
        outcome = await open_loop(port, lambda _: REQUEST, lag, per_s=1, seconds=1, max_connections=1)
    assert outcome.latencies_s == [0.5]
    assert lag.sent_s == [0.0]
    assert not lag.fell_behind


async def test_a_request_that_finds_every_connection_waiting_is_counted_as_unsent() -> None:
    time = FakeTime()
    waiting = asyncio.Event()

    class WaitingSink(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.answered = asyncio.create_task(self.answer(transport))

        async def answer(self, transport: asyncio.Transport) -> None:
            await waiting.wait()
            transport.write(ANSWER)

    async def sleep(seconds: float) -> None:
        await FakeTime.sleep(time, seconds)
        if time.now_s >= 0.9:
            waiting.set()

    lag = ClientLag(BOUND_S, Clock(now=lambda: time.now_s, sleep=sleep))
    async with server(WaitingSink) as port:
        outcome = await open_loop(port, lambda _: REQUEST, lag, per_s=10, seconds=1, max_connections=2)
    assert len(outcome.answers) + outcome.unsent == 10
    assert outcome.unsent == 8


async def test_a_late_event_loop_is_lag() -> None:
    time = FakeTime()
    lag = time.lag()
    time.late_s = 0.02
    async with lag.watched():
        while len(lag.loop_s) < 10:
            await asyncio.sleep(0)
    assert lag.loop_s[0] == pytest.approx(0.02)
    assert lag.fell_behind


def test_a_message_that_lies_unread_is_lag() -> None:
    time = FakeTime()
    lag = time.lag()
    time.now_s = 1.0
    lag.decoded(read_at=0.9)
    assert lag.fell_behind
    assert "p99 lag 100.0 ms" in lag.complaint()


@pytest.mark.parametrize(("cpu_s", "fell_behind"), [(0.1, False), (0.95, True)])
async def test_a_closed_loop_whose_client_takes_the_core_fell_behind(cpu_s: float, fell_behind: bool) -> None:
    time = FakeTime()
    lag = time.lag(bound_s=10)

    def request(_: int) -> bytes:
        time.now_s += 1.0
        time.cpu_s += cpu_s
        return REQUEST

    async with server() as port:
        outcome = await closed_loop(port, request, lag, connections=1, requests=5)
    assert outcome.statuses == {202: 5}
    assert lag.fell_behind is fell_behind


@pytest.mark.parametrize(("read_at", "exit_code"), [(1.0, 0), (0.9, CLIENT_FELL_BEHIND)])
def test_a_result_says_whether_the_client_fell_behind(
    read_at: float, exit_code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    time = FakeTime()
    lag = time.lag()
    time.now_s = 1.0
    lag.decoded(read_at)
    assert print_result("live", lag, p50_ms=1.0) == exit_code
    *complaint, line = capsys.readouterr().out.splitlines()
    assert json.loads(line)["client_fell_behind"] is bool(exit_code)
    assert bool(complaint) is bool(exit_code)
    assert all("figures are of the client, not of the service" in text for text in complaint)


def test_columns_stay_apart_however_long_their_names_are() -> None:
    head, row = table({"round 1": {"ingest-api": 157_683, "ProducerPerformance": 188_869, "x": 10**30}}).splitlines()
    assert head.split() == ["ingest-api", "ProducerPerformance", "x"]
    assert row.split() == ["round", "1", "157683", "188869", str(10**30)]
    assert len(head) == len(row)
