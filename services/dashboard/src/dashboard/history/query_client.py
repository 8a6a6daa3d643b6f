"""Passes people's questions and changes on to query-api."""

import asyncio
from collections.abc import Mapping

import httpx

from dashboard.errors import AnswerTooLargeError, HistoryUnavailableError
from dashboard.upstream import NOT_THE_CALLERS_FAULT, Answer, explanation
from service_kit.logging import get_logger

_MEANING = "history and key figures are missing, live values continue"
MAX_ANSWER_BYTES = 8 * 2**20
_log = get_logger(__name__)


class QueryClient:
    """Sends requests to query-api, and remembers whether it was ready."""

    def __init__(self, http: httpx.AsyncClient, *, probe_interval_s: float, timeout_s: float = 5.0) -> None:
        self._http = http
        self._probe_interval_s = probe_interval_s
        self._timeout_s = timeout_s
        self._missing: str | None = "not checked yet"

    async def missing(self) -> str | None:
        """Why there is no history, or None when query-api was ready the last time it was asked."""
        return self._missing

    async def get(self, path: str, parameters: Mapping[str, str]) -> Answer:
        """GET `path` of query-api. Raises what `ask` raises."""
        return await self.ask("GET", path, parameters)

    async def ask(
        self, method: str, path: str, parameters: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send a request to query-api; `body` is JSON.

        Raises HistoryUnavailableError when it does not answer in time, answers with a server error, or does not
        accept the host name in QUERY_API_URL or our API key, and AnswerTooLargeError beyond MAX_ANSWER_BYTES.
        """
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._http.stream(
                    method, path, params=dict(parameters or {}), content=body, headers=headers
                ) as streamed,
            ):
                answer = await _read(streamed)
        except (httpx.HTTPError, TimeoutError) as error:
            raise HistoryUnavailableError(
                f"query-api at {self._http.base_url} does not answer ({type(error).__name__}); "
                "live values continue, try again in a few seconds",
                headers={"Retry-After": "5"},
            ) from error
        if answer.status_code >= 500 or answer.status_code in NOT_THE_CALLERS_FAULT:
            raise HistoryUnavailableError(
                f"query-api at {self._http.base_url} answered {answer.status_code}: {explanation(answer)}",
                headers={"Retry-After": "5"},
            )
        return Answer.of(answer)

    async def watch(self) -> None:
        """Check at intervals whether query-api is ready, until cancelled."""
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
        return f"query-api at {self._http.base_url} is not ready ({explanation(answer)}); {_MEANING}"


async def _read(streamed: httpx.Response) -> httpx.Response:
    """The whole answer, as long as it stays within MAX_ANSWER_BYTES."""
    content = bytearray()
    async for chunk in streamed.aiter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise AnswerTooLargeError(f"query-api's answer exceeds {MAX_ANSWER_BYTES} bytes; ask for less")
    # The content is decoded already, so its encoding and length are no longer what the headers say.
    headers = {"content-type": streamed.headers.get("content-type", "application/json")}
    return httpx.Response(streamed.status_code, content=bytes(content), headers=headers)
