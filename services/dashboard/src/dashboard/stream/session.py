"""One client of the stream, over WebSocket or Server-Sent Events: what it subscribed to and what waits for it."""

import asyncio

from dashboard.stream.filters import Matcher
from dashboard.stream.outbox import Frame, Outbox
from iot_contracts.stream_frames import CloseReason, Closing, GapReason
from iot_contracts.stream_requests import StreamTopic


class Session:
    """Frames are put at any time and awaited one by one. Nothing here waits for the client."""

    def __init__(self, outbox: Outbox, *, retry_after_ms: int) -> None:
        self.outbox = outbox
        self.matchers: dict[StreamTopic, Matcher] = {}
        self.positions: dict[StreamTopic, int] = {}
        """How far the client is, by the frames that were taken for it."""
        self._retry_after_ms = retry_after_ms
        self.closing: CloseReason | None = None
        """Why the session ends, once it does."""
        self._is_over = False
        self._offered = asyncio.Event()
        self._answered = asyncio.Event()

    def answer(self, frame: Frame) -> None:
        """Put what the client has asked for."""
        self._answered.clear()
        self.outbox.put_answer(frame)
        self._offered.set()

    def offer(self, topic: StreamTopic, frame: Frame) -> None:
        """Put messages of a topic; a client for which too many alerts wait is disconnected."""
        self.outbox.put_messages(topic, frame)
        if self.outbox.overflows:
            self.close("too_slow")
        self._offered.set()

    def heartbeat(self, frame: Frame) -> None:
        """Put a heartbeat, if the client is up to date."""
        self.outbox.put_heartbeat(frame)
        self._offered.set()

    def gap(self, topic: StreamTopic, reason: GapReason, skipped: int) -> None:
        """Put that messages are missing for everybody."""
        self.outbox.put_gap(topic, reason, skipped)
        self._offered.set()

    def close(self, reason: CloseReason) -> None:
        """Say why the connection ends and when to come back, and nothing after that."""
        self.closing = reason
        self._offered.set()

    async def next(self) -> Frame | None:
        """Wait for the next frame; None after the last one."""
        while True:
            if self._is_over:
                return None
            if self.closing is not None:
                self._is_over = True
                return Frame.of(Closing(reason=self.closing, retry_after_ms=self._retry_after_ms))
            frame = self.outbox.pop()
            if not self.outbox.answers:
                self._answered.set()
            if frame is not None:
                self.positions.update({topic: at for topic, at in frame.positions.items() if topic in self.matchers})
                return frame
            self._offered.clear()
            await self._offered.wait()

    async def answered(self) -> None:
        """Wait until every answer was taken, before the client's next request is read."""
        await self._answered.wait()
