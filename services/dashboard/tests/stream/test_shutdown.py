"""A stop signal ends the streams and still reaches the server."""

import asyncio
import os
import signal
from types import FrameType

from dashboard.stream.shutdown import on_stop_signal
from service_kit.testing import wait_until


async def test_a_stop_signal_acts_in_the_loop_and_reaches_the_servers_own_handler() -> None:
    acted: list[asyncio.AbstractEventLoop] = []
    reached: list[int] = []

    def server(number: int, _: FrameType | None) -> None:
        reached.append(number)

    before = signal.signal(signal.SIGTERM, server)
    try:
        with on_stop_signal(lambda: acted.append(asyncio.get_running_loop())):
            os.kill(os.getpid(), signal.SIGTERM)
            await wait_until(lambda: acted, deadline_s=10, otherwise="nothing acted")
        assert reached == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGTERM) is server
    finally:
        signal.signal(signal.SIGTERM, before)
