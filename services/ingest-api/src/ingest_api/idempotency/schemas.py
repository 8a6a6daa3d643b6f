"""OpenAPI of the `Idempotency-Key` header."""

from typing import Any

from ingest_api.idempotency.keys import MAX_KEY_LENGTH
from iot_contracts.problems import PROBLEM_MEDIA_TYPE

_PROBLEM = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}

PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repetition of the request with the same key gets the stored answer, and its readings without an "
    "id get the same ids. Use a new key for each new request, for example a UUID; with or without double quotes.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": r"^[!#-\[\]-~]+$"},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}


def with_keyed_answers(responses: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    """The answers of an endpoint that accepts the header: `responses`, and those that the header adds."""
    result = responses[422]
    return responses | {
        409: {
            "description": "A request with this Idempotency-Key is still in progress.",
            "content": _PROBLEM,
            "headers": _RETRY_AFTER,
        },
        422: result
        | {
            "description": f"{result['description']} Or (a problem) the Idempotency-Key was used for another request.",
            "content": {**result["content"], **_PROBLEM},
        },
    }
