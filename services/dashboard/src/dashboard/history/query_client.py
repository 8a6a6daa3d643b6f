"""The only place that talks to query-api."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import msgspec

from dashboard.errors import HistoryUnavailableError
from service_kit.logging import get_logger

_MEANING = "history and key figures are missing, live values go on"
_log = get_logger(__name__)


class _Explanation(msgspec.Struct):
    """What an answer that is no success may say: a problem's detail, or what the service is missing."""

    detail: str = ""
    missing: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """query-api's answer, as it came."""

    status: int
    body: bytes
    media_type: str


class QueryClient:
    """Asks query-api, and keeps in mind whether it was there."""

    def __init__(self, http: httpx.AsyncClient, *, probe_interval_s: float) -> None:
        self._http = http
        self._probe_interval_s = probe_interval_s
        self._missing: str | None = "not asked yet"

    async def missing(self) -> str | None:
        """Why there is no history, or None when query-api was ready the last time it was asked."""
        return self._missing

    async def get(self, path: str, parameters: Mapping[str, str]) -> QueryAnswer:
        """GET `path` of query-api.

        Raises HistoryUnavailableError when it does not answer in time or answers with a server error.
        """
        try:
            answer = await self._http.get(path, params=dict(parameters))
        except httpx.HTTPError as error:
            raise HistoryUnavailableError(
                f"query-api at {self._http.base_url} does not answer ({type(error).__name__}); "
                "live values go on, try again in a few seconds",
                headers={"Retry-After": "5"},
            ) from error
        if answer.status_code >= 500:
            raise HistoryUnavailableError(
                f"query-api at {self._http.base_url} answered {answer.status_code}: {_explanation(answer)}",
                headers={"Retry-After": "5"},
            )
        media_type = answer.headers.get("content-type", "application/json")
        return QueryAnswer(answer.status_code, answer.content, media_type)

    async def watch(self) -> None:
        """Ask again and again whether query-api is ready, until cancelled."""
        while True:
            missing = await self._probe()
            if missing != self._missing:
                _log.info("query-api", ready=missing is None, detail=missing)
            self._missing = missing
            await asyncio.sleep(self._probe_interval_s)

    async def _probe(self) -> str | None:
        try:
            answer = await self._http.get("/readyz")
        except httpx.HTTPError as error:
            return f"query-api at {self._http.base_url} does not answer ({type(error).__name__}); {_MEANING}"
        if answer.status_code == 200:
            return None
        return f"query-api at {self._http.base_url} is not ready ({_explanation(answer)}); {_MEANING}"


def _explanation(answer: httpx.Response) -> str:
    """Why query-api does not do what it is asked, in its own words."""
    try:
        explanation = msgspec.json.decode(answer.content, type=_Explanation)
    except msgspec.DecodeError:
        return answer.text[:300]
    missing = "; ".join(f"{name}: {reason}" for name, reason in explanation.missing.items())
    return explanation.detail or missing or f"status {answer.status_code}"
