"""Asks one service for its readiness and its figures."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx
import msgspec

from dashboard.upstream import explanation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a service says of itself; `reason` in its own words, None when it is ready."""

    answers: bool
    reason: str | None


class ServiceClient:
    """One service, by its name and address. Every question ends within `timeout_s`."""

    def __init__(self, name: str, http: httpx.AsyncClient, timeout_s: float) -> None:
        self.name = name
        self._http = http
        self._timeout_s = timeout_s

    async def readiness(self) -> Readiness:
        """What `/readyz` says, or why there is no answer."""
        answer = await self._get("/readyz")
        if isinstance(answer, str):
            return Readiness(answers=False, reason=answer)
        if answer.is_success:
            return Readiness(answers=True, reason=None)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return Readiness(answers=True, reason=explanation(answer))
        return Readiness(answers=False, reason=f"{self._place} answered {answer.status_code}: {explanation(answer)}")

    async def json(self, path: str, of: type[T]) -> T | str:
        """The parts of an answer in JSON that `of` names, or why they cannot be had."""
        return await self._parsed(path, lambda answer: msgspec.json.decode(answer.content, type=of))

    async def text(self, path: str, parse: Callable[[str], T]) -> T | str:
        """What `parse` makes of an answer, or why it cannot be had; `parse` raises ValueError."""
        return await self._parsed(path, lambda answer: parse(answer.text))

    async def _parsed(self, path: str, parse: Callable[[httpx.Response], T]) -> T | str:
        answer = await self._get(path)
        if isinstance(answer, str):
            return answer
        if not answer.is_success:
            return f"{self._place}{path} answered {answer.status_code}: {explanation(answer)}"
        try:
            return parse(answer)
        except ValueError as error:
            return f"{self._place}{path} cannot be understood: {error}"[:300]

    async def _get(self, path: str) -> httpx.Response | str:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._http.get(path)
        except (httpx.HTTPError, TimeoutError) as error:
            return f"{self._place} does not answer ({type(error).__name__})"

    @property
    def _place(self) -> str:
        return f"{self.name} at {str(self._http.base_url).rstrip('/')}"
