"""Sends a session's frames while somebody reads them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocketDisconnect

from dashboard.metrics import Metrics
from dashboard.stream.outbox import Frame
from dashboard.stream.session import Session

SendFrame = Callable[[Frame], Awaitable[None]]


async def serve(
    session: Session, send: SendFrame, listen: Coroutine[Any, Any, None], metrics: Metrics, send_timeout_s: float
) -> None:
    """Write and listen at once; whichever ends first ends the other.

    A client that reads nothing for `send_timeout_s` is given up.
    """
    writer = asyncio.create_task(_write(session, send, metrics, send_timeout_s))
    listener = asyncio.create_task(listen)
    try:
        done, _ = await asyncio.wait((writer, listener), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            with suppress(WebSocketDisconnect, TimeoutError, OSError):
                task.result()
    finally:
        writer.cancel()
        listener.cancel()
        await asyncio.gather(writer, listener, return_exceptions=True)


async def _write(session: Session, send: SendFrame, metrics: Metrics, send_timeout_s: float) -> None:
    while (frame := await session.next()) is not None:
        async with asyncio.timeout(send_timeout_s):
            await send(frame)
        metrics.stream_frames.inc()
