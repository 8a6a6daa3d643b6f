"""Posts readings to ingest-api, again with the same reading_ids until it answers for them."""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from iot_domain.ingest_answers import READINGS_PATH, NotAnswered, RequestRefused, read_answer
from iotctl.kafka_tools.messages import json_object
from stack.errors import IotctlError

TIMEOUT_S = 30
LONGEST_PAUSE_S = 5.0
_TRY_AGAIN = (0, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Verdicts:
    """What ingest-api said to one batch. `errors` maps an item's index to why it was rejected."""

    accepted: int
    rejected: int
    errors: dict[int, str]


class RefusedError(Exception):
    """ingest-api refuses the batch as a whole because of what is in it: it is broken, or too large."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class IngestClient:
    """ingest-api, over one connection that is kept. Use as a context manager."""

    def __init__(self, url: str, api_key: str = "", patience_s: float = 60.0) -> None:
        self._url = url
        self._patience_s = patience_s
        self._headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {api_key}"} if api_key else {}
        )
        address = urlsplit(url)
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_S)

    def __enter__(self) -> IngestClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def post(self, readings: Sequence[bytes]) -> Verdicts:
        """Post readings, each as JSON, until they are answered for; connection errors, 429 and 5xx: the same again.

        Raises RefusedError for a batch that it will never take, IotctlError when it stays away for `patience_s`
        seconds or does not let us in.
        """
        body = b"[" + b",".join(readings) + b"]"
        give_up_at, pause_s = time.monotonic() + self._patience_s, 0.25
        while True:
            status, answer, retry_after_s = self._attempt(body)
            match read_answer(status, answer):
                case RequestRefused():
                    raise RefusedError(_reason(answer))
                case NotAnswered():
                    pass
                case result:
                    errors = {item.index: f"{item.pointer} {item.detail}".strip() for item in result.errors}
                    return Verdicts(result.accepted, result.rejected, errors)
            if status not in _TRY_AGAIN:
                raise IotctlError("send", f"ingest-api answered {status}: {_reason(answer)}", _remedy(status))
            pause_s = min(max(retry_after_s, pause_s * 2), LONGEST_PAUSE_S)
            if time.monotonic() + pause_s > give_up_at:
                why = f"ingest-api at {self._url} did not take it for {self._patience_s:g} s: {_reason(answer)}"
                raise IotctlError("send", why, "make status; then run the same again: what arrived counts once")
            time.sleep(pause_s)

    def _attempt(self, body: bytes) -> tuple[int, bytes, float]:
        try:
            self._connection.request("POST", READINGS_PATH, body, self._headers)
            response = self._connection.getresponse()
            retry_after = response.headers.get("Retry-After", "")
            return response.status, response.read(), float(retry_after) if retry_after.isdigit() else 0.0
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return 0, f"{type(error).__name__} {error}".encode(), 0.0


def _reason(answer: bytes) -> str:
    problem = json_object(answer)
    if problem is None or "title" not in problem:
        return answer[:300].decode(errors="replace")
    return f"{problem['title']}. {problem.get('detail', '')}".strip()


def _remedy(status: int) -> str:
    if status in (401, 403):
        return "give a key that may write: --api-key, or API_KEY in the environment (iotctl keys create)"
    return "is that ingest-api's address? make status"
