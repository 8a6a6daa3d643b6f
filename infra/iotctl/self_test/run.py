"""Sends the reading and looks for it at every hop at once."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from iotctl.self_test.hops import ACKNOWLEDGED, ANSWER, FRAME, TABLE, Hop, Passage
from iotctl.websocket import WebSocket
from stack.settings import Settings

SENSOR_ID = "IOTCTL_SELF_TEST"
ANSWER_POLL_S, TABLE_POLL_S = 0.01, 0.1
REQUEST_S = 10.0


class _MissedError(Exception):
    """The reading was not seen in time; says what was."""


@dataclass(frozen=True)
class _Probe:
    settings: Settings
    reading: Mapping[str, Any]
    headers: Mapping[str, str]

    def post(self) -> None:
        request = urllib.request.Request(
            f"{self.settings.url('INGEST_API')}/v1/readings",
            json.dumps(self.reading).encode(),
            {"Content-Type": "application/json", **self.headers},
        )
        with urllib.request.urlopen(request, timeout=ACKNOWLEDGED.within_s) as response:
            if response.status != 202:
                raise _MissedError(f"answered {response.status}")

    def wait_for_frame(self, live: WebSocket) -> None:
        """Read frames until one has the reading."""
        give_up_at = time.monotonic() + FRAME.within_s
        while (left_s := give_up_at - time.monotonic()) > 0:
            frame = json.loads(live.message(left_s))
            if any(one["reading_id"] == self.reading["reading_id"] for one in frame.get("readings", ())):
                return
        raise _MissedError("no frame had it")

    def wait_for_answer(self, hop: Hop, source: str, poll_s: float) -> None:
        """Ask query-api until it has the reading in `source`."""
        words = {"sensor_id": SENSOR_ID, "from": self.reading["timestamp"], "limit": 100, "source": source}
        address = f"{self.settings.url('QUERY_API')}/v1/readings?{urlencode(words)}"
        request = urllib.request.Request(address, headers=dict(self.headers))
        give_up_at, last = time.monotonic() + hop.within_s, "it was not there"
        while time.monotonic() < give_up_at:
            try:
                with urllib.request.urlopen(request, timeout=REQUEST_S) as response:
                    found = json.load(response)["readings"]
                if any(one["reading_id"] == self.reading["reading_id"] for one in found):
                    return
            except (OSError, HTTPException, ValueError) as error:
                last = _failure(error)
            time.sleep(poll_s)
        raise _MissedError(f"not within {hop.within_s:g} s: {last}")


def run(settings: Settings, api_key: str = "") -> list[Passage]:
    """Send one reading and return how each hop went. Nothing is raised: what fails is in the passages."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    probe = _Probe(settings, a_reading(), headers)
    with ThreadPoolExecutor(3) as pool:
        live = pool.submit(WebSocket, f"{settings.url('DASHBOARD')}/ws/live", FRAME.within_s, headers)
        live.exception()  # wait until it listens, or does not: a frame must not be sent before
        sent = time.perf_counter()
        frame = pool.submit(_passage, FRAME, sent, lambda: probe.wait_for_frame(live.result()))
        acknowledged = _passage(ACKNOWLEDGED, sent, probe.post)
        if acknowledged.seconds is None:  # then it cannot be anywhere else
            _close(live)
            return [acknowledged]
        answer = pool.submit(_passage, ANSWER, sent, lambda: probe.wait_for_answer(ANSWER, "all", ANSWER_POLL_S))
        table = pool.submit(_passage, TABLE, sent, lambda: probe.wait_for_answer(TABLE, "table", TABLE_POLL_S))
        passages = [acknowledged, frame.result(), answer.result(), table.result()]
    _close(live)
    return passages


def _close(live: Future[WebSocket]) -> None:
    if live.exception() is None:
        live.result().close()


def a_reading() -> dict[str, Any]:
    """Return a normal reading of a sensor and a location of our own; its type is one that every catalogue has."""
    return {
        "reading_id": str(uuid.uuid4()),
        "sensor_id": SENSOR_ID,
        "sensor_type": "temperature",
        "location": "self-test",
        "value": 21.0,
        "unit": "Celsius",
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }


def _passage(hop: Hop, sent: float, work: Callable[[], None]) -> Passage:
    try:
        work()
    except (OSError, HTTPException, ValueError, _MissedError) as error:
        return Passage(hop, None, _failure(error))
    return Passage(hop, time.perf_counter() - sent)


def _failure(error: Exception) -> str:
    if not isinstance(error, urllib.error.HTTPError):
        return _in_words(error)
    try:
        return f"answered {error.code}: {error.read()[:300].decode(errors='replace')}"
    except (OSError, HTTPException):
        return f"answered {error.code}"


def _in_words(error: Exception) -> str:
    return str(getattr(error, "reason", error)) or type(error).__name__
