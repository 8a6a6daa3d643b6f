"""One client: frames that wait for it, bounded, and the one writer that sends them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from dashboard.live.conflation import Conflation
from dashboard.live.encoding import EncodedFrame
from dashboard.metrics import Metrics
from iot_contracts.live_frames import GapFrame, SnapshotFrame

Send = Callable[[str], Awaitable[None]]
"""Sends one text message; waits while the client's buffers are full."""


class Connection:
    """Frames go out in order. When too many wait, they are conflated and a gap frame says so."""

    def __init__(
        self, send: Send, metrics: Metrics, *, max_pending_items: int, max_keys: int, send_timeout_s: float
    ) -> None:
        self._send = send
        self._metrics = metrics
        self._max_pending_items = max_pending_items
        self._max_keys = max_keys
        self._send_timeout_s = send_timeout_s
        self._pending: deque[EncodedFrame] = deque()
        self._pending_items = 0
        self._conflation: Conflation | None = None
        self._offered = asyncio.Event()

    def offer(self, frame: EncodedFrame) -> None:
        """Queue a frame for sending; never waits."""
        if self._conflation is not None:
            self._conflation.add(frame.frame)
        elif self._pending and self._pending_items + frame.items > self._max_pending_items:
            self._start_conflating(frame)
        else:
            self._append(frame)
        self._offered.set()

    async def write(self) -> None:
        """Send the offered frames until cancelled.

        Raises TimeoutError when the client reads nothing for `send_timeout_s`, and what `send` raises when it is gone.
        """
        while True:
            await self._offered.wait()
            self._offered.clear()
            while (frame := self._next()) is not None:
                async with asyncio.timeout(self._send_timeout_s):
                    await self._send(frame.text)
                self._metrics.frames_sent.inc()

    def _append(self, frame: EncodedFrame) -> None:
        self._pending.append(frame)
        self._pending_items += frame.items

    def _start_conflating(self, frame: EncodedFrame) -> None:
        """Merge the waiting frames into one conflation; an unsent snapshot stays as it is."""
        waiting = list(self._pending)
        self._pending.clear()
        self._pending_items = 0
        self._conflation = Conflation(self._max_keys)
        for each in (*waiting, frame):
            if isinstance(each.frame, SnapshotFrame):
                self._append(each)
            else:
                self._conflation.add(each.frame)

    def _next(self) -> EncodedFrame | None:
        if not self._pending and self._conflation is not None:
            conflated, self._conflation = self._conflation.frames(), None
            for frame in conflated:
                self._append(EncodedFrame.of(frame))
                if isinstance(frame, GapFrame):
                    self._metrics.conflated.inc(frame.conflated)
        if not self._pending:
            return None
        frame_to_send = self._pending.popleft()
        self._pending_items -= frame_to_send.items
        return frame_to_send
