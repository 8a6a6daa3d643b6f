"""Posts readings to ingest-api, again and again with the same reading_ids until it answers for them."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import msgspec

from iot_contracts.problems import IngestResult, ItemError
from iot_contracts.readings import Reading
from iot_domain.ingest_answers import READINGS_PATH, NotAnswered, RequestRefused, read_answer
from service_kit.logging import get_logger
from simulator.delivery.backoff import retry_delay_s
from simulator.delivery.tally import Tally
from simulator.errors import DeliveryAbandonedError

_HEADERS = {"Content-Type": "application/json"}
_LOGGED_ERRORS = 5
_log = get_logger(__name__)


@dataclass(frozen=True)
class Answer:
    """What ingest-api said to one request: its verdicts, or why the request has to be sent again."""

    result: IngestResult | None = None
    trouble: str = ""
    retry_after: str | None = None


class HttpSender:
    """One request at a time, so that what is delivered keeps its order."""

    def __init__(self, client: httpx.AsyncClient, tally: Tally) -> None:
        self._client = client
        self._tally = tally
        self.trouble: str | None = "Nothing has been posted yet"
        """Why ingest-api can't be reached now, or None when the last request reached it."""

    async def deliver(self, readings: Sequence[Reading], patience_s: float | None = None) -> IngestResult:
        """Post `readings` as `deliver_body` does."""
        return await self.deliver_body(msgspec.json.encode(readings), len(readings), patience_s)

    async def deliver_body(self, body: bytes, count: int, patience_s: float | None = None) -> IngestResult:
        """Post a JSON array of `count` readings until ingest-api answers for them; what it rejects is not sent again.

        Verdicts are 202, 207 and 422; 400, 413 and 415 refuse the whole request. Everything else says nothing of the
        readings (no connection, no answer in time, a key that is unknown, a proxy without its server, 429, 5xx): it is
        met with waiting and sending the same again, without end or for `patience_s` seconds. Raises
        DeliveryAbandonedError after that.
        """
        give_up_at = None if patience_s is None else time.monotonic() + patience_s
        attempt = 0
        while True:
            answer = await self._post(body, count)
            if answer.result is not None:
                self._count(answer.result)
                return answer.result
            self._report(answer.trouble, attempt)
            delay_s = retry_delay_s(attempt, answer.retry_after, random.random())  # noqa: S311 - no secret
            if give_up_at is not None and time.monotonic() + delay_s > give_up_at:
                raise DeliveryAbandonedError(f"Gave up after {attempt + 1} attempts: {answer.trouble}")
            await asyncio.sleep(delay_s)
            attempt += 1
            self._tally.retries += 1

    async def probe(self) -> None:
        """Find out whether ingest-api is there, without posting anything; the answer is `trouble`."""
        try:
            response = await self._client.get("/livez")
        except httpx.HTTPError as error:
            self.trouble = _describe(error)
        else:
            self.trouble = None if response.is_success else f"ingest-api answered {response.status_code} to /livez"

    async def _post(self, body: bytes, count: int) -> Answer:
        try:
            response = await self._client.post(READINGS_PATH, content=body, headers=_HEADERS)
        except httpx.HTTPError as error:
            return Answer(trouble=_describe(error))
        match read_answer(response.status_code, response.content):
            case NotAnswered(why):
                return Answer(trouble=why, retry_after=response.headers.get("Retry-After"))
            case RequestRefused(why):
                whole = ItemError(index=0, pointer="", code="request_rejected", detail=why)
                return Answer(result=IngestResult(accepted=0, rejected=count, errors=[whole]))
            case result:
                return Answer(result=result)

    def _report(self, trouble: str, attempt: int) -> None:
        self.trouble = self._tally.last_error = trouble
        if attempt == 0:
            _log.warning("ingest-api does not take readings; trying again", reason=trouble)

    def _count(self, result: IngestResult) -> None:
        self.trouble = None
        self._tally.accepted += result.accepted
        self._tally.rejected += result.rejected
        if result.rejected:
            errors = [f"item {error.index} {error.pointer}: {error.detail}" for error in result.errors[:_LOGGED_ERRORS]]
            self._tally.last_error = f"{result.rejected} readings were rejected: {'; '.join(errors)}"
            _log.error("readings were rejected", rejected=result.rejected, first_errors=errors)


def _describe(error: httpx.HTTPError) -> str:
    return f"ingest-api can't be reached: {type(error).__name__} {error}".strip()
