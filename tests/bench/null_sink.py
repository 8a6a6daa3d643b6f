"""A server that throws every body away and answers 202 at once: how fast can the load side be by itself?

`python -m bench.null_sink PORT` serves until SIGTERM.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import uvloop

from bench.http_requests import HEAD_END, LENGTH
from support.process import free_port, running

ANSWER = b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}"
READY = b"listening"


class Sink(asyncio.Protocol):
    """Counts a body's bytes and answers after the last."""

    def __init__(self) -> None:
        self._missing = 0
        self._head = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop has a class of its own

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._head += data
            end = self._head.find(HEAD_END)
            if end < 0:
                return
            head = bytes(self._head[:end]).lower()
            length = int(head[head.find(LENGTH) + len(LENGTH) :].split(b"\r\n", 1)[0])
            self._missing = length - (len(self._head) - end - len(HEAD_END))
            self._head.clear()
        if self._missing == 0 and self._transport is not None:
            self._transport.write(ANSWER)


@contextmanager
def null_sink() -> Iterator[int]:
    """Run a sink in a process of its own; yields its port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "sink.log"
        with running(
            [sys.executable, "-m", "bench.null_sink", str(port)],
            log=log,
            environment=os.environ,
            ready=lambda: READY in log.read_bytes(),
            deadline_s=20,
        ):
            yield port


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    print(READY.decode(), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
