"""The whole delivery against a real HTTP server that is away, fails and forgets to answer in between."""

import asyncio
from pathlib import Path

import msgspec

from iot_contracts.readings import Reading
from service_kit.testing import wait_until
from simulator.runtime import open_runtime
from simulator.settings import Settings


class FailingServer:
    """Keeps what it accepts; every third request is answered 503, every fifth is taken and never answered."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self._requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
                )
                readings = msgspec.json.decode(await reader.readexactly(length), type=list[Reading])
                self._requests += 1
                if self._requests % 3 == 0:
                    writer.write(b"HTTP/1.1 503 Away\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")
                    continue
                self.readings += readings
                if self._requests % 5 == 0:
                    break
                body = b'{"accepted":%d,"rejected":0,"errors":[]}' % len(readings)
                writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


async def test_none_is_lost_and_the_order_is_kept_by_first_arrival(tmp_path: Path, unused_tcp_port: int) -> None:
    measured: list[Reading] = []
    url = f"http://127.0.0.1:{unused_tcp_port}"
    settings = Settings(ingest_api_url=url, data_dir=tmp_path, interval_ms=200, tick_ms=10, flush_timeout_ms=0)
    async with open_runtime(settings, measured.extend) as away:
        await away.fleet.start()
        await wait_until(lambda: len(measured) > 30, deadline_s=5, otherwise="nothing was measured")
    server = FailingServer()
    async with (
        await asyncio.start_server(server.serve, "127.0.0.1", unused_tcp_port),
        open_runtime(settings.model_copy(update={"flush_timeout_ms": 10_000}), measured.extend) as back,
    ):
        await back.fleet.start()
        await wait_until(lambda: len(measured) > 100, deadline_s=10, otherwise="nothing was measured")
        await back.fleet.stop()
        await back.buffer.wait_until_empty()
    first_arrivals = list(dict.fromkeys(reading.reading_id for reading in server.readings))
    assert first_arrivals == [reading.reading_id for reading in measured]
