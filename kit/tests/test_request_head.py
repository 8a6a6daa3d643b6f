"""A real server on a real socket, and clients that don't behave."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import uvicorn
from fastapi import FastAPI, Request, WebSocket
from uvicorn.server import ServerState

from service_kit import request_head
from service_kit.request_head import MAX_HEAD_BYTES, BoundedHeadProtocol
from service_kit.testing import wait_until

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    app = FastAPI()

    @app.api_route("/", methods=["GET", "POST"])
    async def length(request: Request) -> int:
        return len(await request.body())

    @app.get("/host")
    async def host(request: Request) -> list[str]:
        return request.headers.getlist("host")

    goes_on = asyncio.Event()

    @app.get("/wait")
    async def wait() -> None:
        await goes_on.wait()

    @app.get("/go")
    async def go() -> None:
        goes_on.set()

    @app.websocket("/echo")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())

    config = uvicorn.Config(app, port=0, http=BoundedHeadProtocol, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await wait_until(lambda: server.started, deadline_s=5, otherwise="the server has not started")
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def answers(port: int, *parts: bytes) -> bytes:
    """All that the server says until it closes the connection; each part is sent on its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


def problem(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    found = json.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % found["status"])
    return found["status"], found["code"]


@pytest.mark.parametrize(
    ("first", "more"),
    [
        (GET + b"X: ", b"a" * 999),
        (GET, b"X: y\r\n" * 100),
        (b"GET /", b"a" * 999),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a" * 999),
    ],
)
async def test_a_head_without_an_end_is_refused(port: int, first: bytes, more: bytes) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)
    # The client sends only what the server has room for, so what the server takes without an end would have no end.
    for _ in range(100 * MAX_HEAD_BYTES // len(more)):
        writer.write(more)
        try:
            await writer.drain()
        except ConnectionError:
            break
    else:
        pytest.fail("a hundred times the bound was taken")
    writer.close()


class RecordingTransport(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        pass

    def is_closing(self) -> bool:
        return bool(self.written)


async def test_a_head_is_too_long_above_its_bound_and_told_so() -> None:
    transport = RecordingTransport()
    protocol = BoundedHeadProtocol(uvicorn.Config(FastAPI(), log_config=None), ServerState(), {})
    protocol.connection_made(transport)
    protocol.data_received(GET + b"X: ")
    protocol.data_received(b"a" * MAX_HEAD_BYTES)
    assert transport.written == b""
    protocol.data_received(b"a")
    assert problem(transport.written) == (431, "head_too_large")
    protocol.connection_lost(None)


async def test_a_long_body_is_not_taken_for_a_head(port: int) -> None:
    body = b"x" * (3 * MAX_HEAD_BYTES)
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(body)
    # The second request's head comes in two parts, the first of them behind the end of the body.
    answer = await answers(port, post + b"\r\n", body + post, b"Connection: close\r\n\r\n", body)
    assert answer.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(("sent", "expected"), [(GET, (408, "head_timeout")), (b"", None)])
async def test_who_sends_no_whole_head_is_let_go(
    port: int, monkeypatch: pytest.MonkeyPatch, sent: bytes, expected: tuple[int, str] | None
) -> None:
    monkeypatch.setattr(request_head, "HEAD_TIMEOUT_S", 0.05)
    answer = await answers(port, sent)
    assert (problem(answer) if answer else None) == expected


async def test_a_request_that_is_worked_on_gets_its_answer_whatever_follows_it(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_head, "HEAD_TIMEOUT_S", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\nGET / HT")
    await answers(port, b"")  # whoever comes later and sends no head has been let go by then
    await answers(port, b"GET /go HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200 OK")
    writer.close()


async def test_a_broken_body_is_told_so(port: int) -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert problem(await answers(port, post, b"zz\r\n")) == (400, "malformed_request")


async def test_line_ends_between_requests_keep_no_connection_open(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_head, "HEAD_TIMEOUT_S", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(GET + b"\r\n")
    await reader.readuntil(b"\r\n\r\n0")
    writer.write(b"\r\n")
    async with asyncio.timeout(10):
        await reader.read()
    writer.close()


async def test_a_websocket_has_all_the_time_it_wants(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_head, "HEAD_TIMEOUT_S", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    writer.write(b"GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + key + b"\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    await answers(port, b"")  # whoever comes later and sends no head has been let go by then
    writer.write(b"\x81\x82\0\0\0\0hi")
    assert await reader.readexactly(4) == b"\x81\x02hi"
    writer.close()


async def test_the_time_for_a_head_ends_with_it(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_head, "HEAD_TIMEOUT_S", 0.05)
    slow_body = asyncio.create_task(answers(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"))
    # Whoever comes later and sends no head has been let go by then.
    await answers(port, b"")
    await answers(port, b"")
    assert not slow_body.done()
    slow_body.cancel()


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01\x00" * 9, GET + b"Content-Length: -1\r\n\r\n"])
async def test_what_is_not_http_gets_a_problem_document(port: int, sent: bytes) -> None:
    assert problem(await answers(port, sent)) == (400, "malformed_request")


@pytest.mark.parametrize(
    ("target", "host"),
    [
        (b"/host", "ours"),
        (b"http://evil.example.org/host", "evil.example.org"),
        (b"HTTP://evil.example.org:8001/host?a=http://ours/", "evil.example.org:8001"),
        (b"http://ours@evil.example.org/host", "ours@evil.example.org"),
    ],
)
async def test_the_host_is_the_one_that_the_request_is_for(port: int, target: bytes, host: str) -> None:
    head = b"GET " + target + b" HTTP/1.1\r\nHost: ours\r\nConnection: close\r\n\r\n"
    answer = await answers(port, head)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == [host]


@pytest.mark.parametrize(
    "sent", [b"CONNECT evil.example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n", b"post / HTTP/1.1\r\n\r\n"]
)
async def test_what_is_for_a_proxy_or_no_method_is_refused(port: int, sent: bytes) -> None:
    answer = await answers(port, sent)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 405")), answer
