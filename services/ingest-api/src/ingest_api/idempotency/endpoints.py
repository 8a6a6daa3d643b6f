"""What an endpoint that takes readings does with the `Idempotency-Key` header: HTTP only."""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import Request, Response

from ingest_api.idempotency.keys import Identity, idempotency_key, identify
from ingest_api.idempotency.reading_ids import with_derived_ids
from ingest_api.idempotency.states import Answer
from ingest_api.readings.verdicts import Candidate

REPLAYED = {"Idempotency-Replayed": "true"}
SERVER_ERROR = 500

FillInIds = Callable[[Sequence[Candidate]], Sequence[Candidate]]
"""Gives readings that have no id one that is the same whenever the request comes again."""


def answer_once(
    request: Request, body: bytes, answer: Callable[[FillInIds], Awaitable[Response]]
) -> Awaitable[Response]:
    """What `answer` gives for the decoded `body`, or the first answer when this request has been answered before.

    A request without the header is answered each time, its readings' ids left to the service. An answer of 500 and
    up, or an exception, is not kept. Raises InvalidIdempotencyKeyError and what IdempotencyService.claim raises.
    """
    key = idempotency_key(request.scope["headers"])
    return answer(_as_they_are) if key is None else _answer_keyed(request, key, body, answer)


async def _answer_keyed(
    request: Request, key: bytes, body: bytes, answer: Callable[[FillInIds], Awaitable[Response]]
) -> Response:
    identity = _identify(request, key, body)
    service = request.app.state.runtime.idempotency
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


def _as_they_are(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    return candidates


def _identify(request: Request, key: bytes, body: bytes) -> Identity:
    scope = request.scope
    media_type = request.headers.get("content-type", "").encode("latin-1").lower()
    client = scope.get("state", {}).get("api_key_id", "")
    return identify(client, key, (scope["path"].encode(), scope["query_string"], media_type), body)
