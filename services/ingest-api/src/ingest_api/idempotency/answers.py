"""Answers a request with an `Idempotency-Key` once, and repeats that answer. HTTP only."""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import Request, Response

from ingest_api.formats.candidates import Candidate
from ingest_api.idempotency.keys import Identity, idempotency_key, identify
from ingest_api.idempotency.reading_ids import with_derived_ids
from ingest_api.idempotency.service import IdempotencyService
from ingest_api.idempotency.states import Answer

REPLAYED = {"Idempotency-Replayed": "true"}
SERVER_ERROR = 500

FillInIds = Callable[[Sequence[Candidate]], Sequence[Candidate]]
"""Gives each reading without an id one that is the same whenever the request is repeated."""


def answer_once(
    service: IdempotencyService, request: Request, body: bytes, answer: Callable[[FillInIds], Awaitable[Response]]
) -> Awaitable[Response]:
    """The response that `answer` makes for the decoded `body`, or the stored one of an earlier request with this key.

    A request without the header is always answered anew, and ReadingService makes the missing ids. Exceptions and
    responses of 500 and above are not stored. Raises InvalidIdempotencyKeyError and what IdempotencyService.claim
    raises.
    """
    key = idempotency_key(request.scope["headers"])
    return answer(_unchanged) if key is None else _answer_keyed(service, request, key, body, answer)


async def _answer_keyed(
    service: IdempotencyService,
    request: Request,
    key: bytes,
    body: bytes,
    answer: Callable[[FillInIds], Awaitable[Response]],
) -> Response:
    identity = _identify(request, key, body)
    found = await service.claim(identity)
    if isinstance(found, Answer):
        return Response(found.body, found.status, media_type=found.media_type, headers=REPLAYED)
    try:
        response = await answer(lambda candidates: with_derived_ids(candidates, identity))
    except Exception:
        await service.release(found)
        raise
    if response.status_code >= SERVER_ERROR:
        await service.release(found)
    else:
        await service.complete(found, Answer(response.status_code, response.media_type, bytes(response.body)))
    return response


def _unchanged(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    return candidates


def _identify(request: Request, key: bytes, body: bytes) -> Identity:
    scope = request.scope
    media_type = request.headers.get("content-type", "").encode("latin-1").lower()
    client = scope.get("state", {}).get("api_key_id", "")
    return identify(client, key, (scope["path"].encode(), scope["query_string"], media_type), body)
