"""When a component that runs does not do its work."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from components.checkpointer import stale_image
from components.probes import ask
from components.registry import BY_NAME
from iotctl.self_test.run import run
from stack.settings import load

HALF_AN_ANSWER = [
    b"",
    b"nonsense\r\n\r\n",
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100\r\n\r\nshort",
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
]


def test_an_image_that_was_not_written_anew_twice_in_a_row_is_said() -> None:
    assert stale_image(age_s=2 * 3600, interval_s=3600) is None
    assert "is 130 minutes old" in str(stale_image(age_s=130 * 60, interval_s=3600))


def answering(content: bytes) -> socket.socket:
    """A server that answers every connection with these bytes and ends it, as one that is killed does."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(content)

    threading.Thread(target=serve, daemon=True).start()
    return server


@pytest.mark.parametrize("content", HALF_AN_ANSWER)
def test_a_program_that_is_killed_while_it_answers_is_not_ready(content: bytes) -> None:
    with answering(content) as server:
        settings = load({"NAMENODE_HTTP_PORT": str(server.getsockname()[1])})
        assert ask(BY_NAME["namenode"], settings)


@pytest.mark.parametrize("content", HALF_AN_ANSWER[:3])
def test_a_service_that_is_killed_while_it_answers_is_not_ready(content: bytes) -> None:
    with answering(content) as server:
        settings = load({"DASHBOARD_PORT": str(server.getsockname()[1])})
        assert ask(BY_NAME["dashboard"], settings)


@pytest.mark.parametrize("content", HALF_AN_ANSWER[:3])
def test_the_self_test_names_the_hop_of_a_service_that_is_killed_while_it_answers(content: bytes) -> None:
    with answering(content) as server:
        port = str(server.getsockname()[1])
        [acknowledged] = run(load({"INGEST_API_PORT": port, "DASHBOARD_PORT": port}))
        assert acknowledged.hop.name == "acknowledged"
        assert acknowledged.failure


@pytest.mark.parametrize("content", [*HALF_AN_ANSWER, b"\x03\0\0\0\x02no"])
def test_a_thrift_server_that_lets_nobody_in_is_not_ready(content: bytes) -> None:
    with answering(content) as server:
        settings = load({"THRIFT_SERVER_PORT": str(server.getsockname()[1])})
        assert ask(BY_NAME["thrift-server"], settings)


def test_a_thrift_server_that_lets_somebody_in_is_ready() -> None:
    with answering(b"\x05\0\0\0\0") as server:
        settings = load({"THRIFT_SERVER_PORT": str(server.getsockname()[1])})
        assert ask(BY_NAME["thrift-server"], settings) is None


TRINO_ANSWERS = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"


@pytest.mark.parametrize(
    ("starting", "last", "reason"),
    [
        ("true", {}, "starting"),
        ("false", {"data": [[1]]}, None),
        ("false", {"error": {"message": "No nodes available to run query"}}, "No nodes available to run query"),
    ],
)
def test_trino_is_ready_when_it_answers_a_statement(starting: str, last: dict[str, object], reason: str | None) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(f'{{"starting": {starting}}}' if self.path == "/v1/info" else json.dumps(last))

        def do_POST(self) -> None:
            self._answer(json.dumps({"nextUri": f"http://{self.headers['Host']}/v1/statement/executing/1"}))

        def _answer(self, body: str) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert ask(BY_NAME["trino"], load({"TRINO_PORT": str(server.server_port)})) == reason
        server.shutdown()


@pytest.mark.parametrize("content", [*HALF_AN_ANSWER, TRINO_ANSWERS % (2, b"{}")])
def test_trino_that_gives_no_whole_answer_is_not_ready(content: bytes) -> None:
    with answering(content) as server:
        assert ask(BY_NAME["trino"], load({"TRINO_PORT": str(server.getsockname()[1])}))
