"""Server-Sent Events: the same frames as the WebSocket's, one an event, with an id to go on from."""

import re
from collections.abc import Mapping

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dashboard.metrics import Metrics
from dashboard.stream.outbox import Frame
from dashboard.stream.serving import serve
from dashboard.stream.session import Session
from iot_contracts.stream_requests import StreamPosition, StreamTopic

MEDIA_TYPE = "text/event-stream"
MAX_EVENT_ID_LENGTH = 256
_POSITION = re.compile(r"([a-z]+)=([0-9]{1,18})")


class _Type(msgspec.Struct):
    type: str


def event(frame: Frame, epoch: str, positions: Mapping[StreamTopic, int]) -> bytes:
    """A frame as an event; its id says how far the client is in every topic."""
    name = msgspec.json.decode(frame.text, type=_Type).type
    reached = ",".join(f"{topic.value}={sequence}" for topic, sequence in sorted(positions.items()))
    return f"event: {name}\nid: {epoch};{reached}\ndata: {frame.text}\n\n".encode()


def parse_event_id(text: str) -> dict[StreamTopic, StreamPosition]:
    """How far a client was by the id of its last event; nothing when it is none of ours."""
    epoch, _, reached = text.partition(";")
    matches = (_POSITION.fullmatch(part) for part in reached.split(",")[: len(StreamTopic)])
    return {
        StreamTopic(match[1]): StreamPosition(epoch=epoch[:64], sequence=int(match[2]))
        for match in matches
        if match is not None and match[1] in tuple(StreamTopic)
    }


class EventStream(Response):
    """Sends a session's frames until the client leaves."""

    def __init__(
        self, session: Session, epoch: str, metrics: Metrics, *, send_timeout_s: float, retry_after_ms: int
    ) -> None:
        super().__init__(media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._session = session
        self._epoch = epoch
        self._metrics = metrics
        self._send_timeout_s = send_timeout_s
        self._retry_after_ms = retry_after_ms

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_body(body: bytes, *, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": body, "more_body": more})

        async def send_frame(frame: Frame) -> None:
            await send_body(event(frame, self._epoch, self._session.positions))

        async def until_gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send_body(f"retry: {self._retry_after_ms}\n\n".encode())
        await serve(self._session, send_frame, until_gone(), self._metrics, self._send_timeout_s)
        await send_body(b"", more=False)
