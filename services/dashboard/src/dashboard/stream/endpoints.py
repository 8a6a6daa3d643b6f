"""WebSocket `/v1/stream` and Server-Sent Events `/v1/events`: live messages by topic and filter."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response, WebSocket

from dashboard.dependencies import CurrentRuntime
from dashboard.errors import TooManyConnectionsError
from dashboard.stream.events import MAX_EVENT_ID_LENGTH, MEDIA_TYPE, EventStream, parse_event_id
from dashboard.stream.fanout import Fanout, retry_after_ms
from dashboard.stream.outbox import Frame
from dashboard.stream.schemas import EventsParameters
from dashboard.stream.serving import serve
from dashboard.stream.session import Session
from iot_contracts.stream_frames import Closing, StreamError
from service_kit.logging import get_logger
from service_kit.problems import InvalidRequestError, problem_responses

SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013

router = APIRouter(prefix="/v1", tags=["stream"])
_log = get_logger(__name__)


@router.websocket("/stream")
async def stream(websocket: WebSocket, runtime: CurrentRuntime) -> None:
    """Serve one client until it leaves; messages as in the AsyncAPI document's channel `/v1/stream`."""
    await websocket.accept()

    async def send(frame: Frame) -> None:
        await websocket.send_text(frame.text)

    try:
        with runtime.fanout.session() as session:
            listen = _listen(websocket, runtime.fanout, session)
            await serve(session, send, listen, runtime.metrics, runtime.settings.send_timeout_s)
            if session.closing is not None:
                code = SERVICE_RESTART if session.closing == "shutting_down" else TRY_AGAIN_LATER
                await websocket.close(code, session.closing)
    except TooManyConnectionsError as error:
        _log.warning("stream refused", detail=error.detail)
        closing = Closing(reason="too_many_connections", retry_after_ms=retry_after_ms())
        await send(Frame.of(closing))
        await websocket.close(TRY_AGAIN_LATER, closing.reason)


async def _listen(websocket: WebSocket, fanout: Fanout, session: Session) -> None:
    """Do what the client asks for, one request after the other, each once the answer to the one before was taken."""
    while (message := await websocket.receive())["type"] == "websocket.receive":
        text = message.get("text")
        if text is None:
            fanout.refuse(session, StreamError(code="binary_message", message="Send JSON as text messages"))
        else:
            fanout.handle(session, text)
        await session.answered()


async def _session(runtime: CurrentRuntime) -> AsyncIterator[Session]:
    with runtime.fanout.session() as session:
        yield session


@router.get(
    "/events",
    summary="Live messages as Server-Sent Events",
    response_class=Response,
    responses={
        200: {"description": "Events until either side ends.", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}},
        **problem_responses(InvalidRequestError, TooManyConnectionsError),
    },
)
async def events(
    runtime: CurrentRuntime,
    session: Annotated[Session, Depends(_session)],
    parameters: Annotated[EventsParameters, Query()],
    last_event_id: Annotated[str, Header(max_length=MAX_EVENT_ID_LENGTH, description="Goes on after that event.")] = "",
) -> Response:
    """The same messages as on the WebSocket `/v1/stream`, each an event named by its `type`.

    An event's id says how far the client is; `Last-Event-ID`, which browsers send by themselves, goes on from there
    as `resume` does. The filter applies to every topic asked for.
    """
    positions = parse_event_id(last_event_id)
    for request in parameters.to_requests(positions):
        runtime.fanout.subscribe(session, request)
    return EventStream(
        session,
        runtime.fanout.epoch,
        runtime.metrics,
        send_timeout_s=runtime.settings.send_timeout_s,
        retry_after_ms=retry_after_ms(),
    )
