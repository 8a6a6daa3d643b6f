"""The self-test names the hop that failed and its likely cause; its WebSocket client reads what a server may send."""

import socket
import threading
from collections.abc import Iterator

import pytest
from websockets.sync.server import ServerConnection, serve

from iotctl.self_test.hops import HOPS, TABLE, likely_cause
from iotctl.websocket import WebSocket, WebSocketError

ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def answer_with(listener: socket.socket, content: bytes) -> str:
    """Answer the next connection with these bytes and end it."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(content)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/ws/live"


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_message_of_any_length_is_read(listener: socket.socket, length: int) -> None:
    if length < 126:
        head = bytes([0x81, length])
    else:
        head = b"\x81\x7e" + length.to_bytes(2, "big") if length < 65_536 else b"\x81\x7f" + length.to_bytes(8, "big")
    live = WebSocket(answer_with(listener, ACCEPTED + head + b"x" * length), timeout_s=5)
    assert live.message(5) == b"x" * length
    live.close()


def test_pings_are_passed_over_and_fragments_are_put_together(listener: socket.socket) -> None:
    frames = b"\x89\x01p" + b"\x01\x03one" + b"\x89\x00" + b"\x80\x03two"
    live = WebSocket(answer_with(listener, ACCEPTED + frames), timeout_s=5)
    assert live.message(5) == b"onetwo"
    live.close()


@pytest.mark.parametrize("length", [0, 125, 126, 65_535])
def test_what_is_sent_arrives_and_a_ping_is_answered(length: int) -> None:
    def echo(connection: ServerConnection) -> None:
        text = connection.recv()
        is_answered = connection.ping().wait(30)
        connection.send(f"{is_answered} {text!s}")

    with serve(echo, "127.0.0.1", 0, compression=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        live = WebSocket(f"http://127.0.0.1:{server.socket.getsockname()[1]}/v1/stream", timeout_s=30)
        live.send("x" * length)
        assert live.message(30).decode() == "True " + "x" * length
        live.close()


def test_a_close_and_an_end_are_errors_that_say_so(listener: socket.socket) -> None:
    live = WebSocket(answer_with(listener, ACCEPTED + b"\x88\x02\x03\xf5"), timeout_s=5)
    with pytest.raises(WebSocketError, match="closed with 1013"):
        live.message(5)
    live.close()
    with pytest.raises(WebSocketError, match=r"answered HTTP/1\.1 403 Forbidden"):
        WebSocket(answer_with(listener, b"HTTP/1.1 403 Forbidden\r\n\r\n"), timeout_s=5)


def test_the_likely_cause_is_a_program_of_the_hop_that_is_not_ready() -> None:
    reasons = {"simulator": "off", "namenode": "in state Safemode", "metastore": "no answer"}
    assert likely_cause(TABLE, reasons) == "metastore is not ready: no answer"
    assert all(likely_cause(hop, {}) == hop.if_all_are_ready for hop in HOPS)
