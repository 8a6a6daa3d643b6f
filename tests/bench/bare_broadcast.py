"""A bare `websockets` server that sends every connection the same text at a rate: what fan-out costs at least.

`bare_broadcast.py PORT TEXT RATE`: ready when it listens.
"""

import asyncio
import sys

from websockets.asyncio.server import broadcast, serve


async def main() -> None:
    """Serve until killed."""
    port, text, rate = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    async with serve(lambda connection: connection.wait_closed(), "127.0.0.1", port, compression=None) as server:
        while True:
            broadcast(server.connections, text)
            await asyncio.sleep(1 / rate)


if __name__ == "__main__":
    asyncio.run(main())
