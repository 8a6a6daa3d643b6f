"""Answers of other services that are passed on to the page."""

from dataclasses import dataclass

import httpx
import msgspec
from fastapi import Response

from iot_domain.decoding import MessageDecoder, Refusal

NOT_THE_CALLERS_FAULT = frozenset(
    {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.MISDIRECTED_REQUEST, httpx.codes.TOO_MANY_REQUESTS}
)
"""A service does not accept the dashboard itself: its API key, its quota, or the host name in the settings."""


class _Explanation(msgspec.Struct):
    """What an error answer may contain: a problem's detail, or the missing dependencies."""

    detail: str = ""
    missing: dict[str, str] = {}


_explanations = MessageDecoder(_Explanation)


@dataclass(frozen=True, slots=True)
class Answer:
    """Another service's answer, as it came."""

    status: int
    body: bytes
    media_type: str

    @classmethod
    def of(cls, answer: httpx.Response) -> "Answer":
        """The parts of `answer` that are passed on."""
        return cls(answer.status_code, answer.content, answer.headers.get("content-type", "application/json"))

    def passed_on(self) -> Response:
        """The same as a response of this service; it must not be cached."""
        headers = {"Cache-Control": "no-store"}
        return Response(self.body, status_code=self.status, media_type=self.media_type, headers=headers)


def explanation(answer: httpx.Response) -> str:
    """Why a service refuses, in its own words."""
    said = _explanations.decode(answer.content)
    if isinstance(said, Refusal):
        return answer.text[:300]
    missing = "; ".join(f"{name}: {reason}" for name, reason in said.missing.items())
    return said.detail or missing or f"status {answer.status_code}"
