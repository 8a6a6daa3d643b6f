"""WebSocket `/ws/live`: a snapshot first, then live frames (`iot_contracts.live_frames`)."""

import asyncio
from contextlib import suppress

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from dashboard.dependencies import CurrentRuntime
from dashboard.errors import TooManyConnectionsError
from dashboard.live.connection import Connection
from service_kit.logging import get_logger

POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013

router = APIRouter(tags=["live"])
_log = get_logger(__name__)


@router.websocket("/ws/live")
async def live(websocket: WebSocket, runtime: CurrentRuntime) -> None:
    """Serve one client until it leaves. A client only listens: a message from it ends the connection."""
    await websocket.accept()
    try:
        with runtime.hub.connection(websocket.send_text) as connection:
            await _serve(websocket, connection)
    except TooManyConnectionsError as error:
        await websocket.close(TRY_AGAIN_LATER, "too many live connections")
        _log.warning("websocket refused", detail=error.detail)


async def _serve(websocket: WebSocket, connection: Connection) -> None:
    """Write and listen at once; whichever ends first ends the other."""
    writer = asyncio.create_task(connection.write())
    listener = asyncio.create_task(_listen(websocket))
    try:
        done, _ = await asyncio.wait((writer, listener), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            with suppress(WebSocketDisconnect, TimeoutError):
                task.result()
    finally:
        writer.cancel()
        listener.cancel()
        await asyncio.gather(writer, listener, return_exceptions=True)


async def _listen(websocket: WebSocket) -> None:
    message = await websocket.receive()
    if message["type"] == "websocket.receive":
        await websocket.close(POLICY_VIOLATION, "this socket accepts no messages")
