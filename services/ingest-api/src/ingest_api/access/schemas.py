"""OpenAPI: the answers to requests that are refused; with `auth=off` none is."""

from typing import Any

from iot_contracts.problems import PROBLEM_MEDIA_TYPE

_QUOTA_HEADERS = {
    "RateLimit-Policy": {
        "description": 'The key\'s quota: `"requests";q=<requests>;w=<seconds>`.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left: `"requests";r=<requests>;t=<seconds until it is full again>`.',
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}


def _refusal(description: str, header: dict[str, Any]) -> dict[str, Any]:
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content, "headers": header}


_CHALLENGE = {"WWW-Authenticate": {"description": "What is needed.", "schema": {"type": "string"}}}
REFUSALS: dict[int | str, dict[str, Any]] = {
    401: _refusal("With `auth=on`: no API key, or one that is not known or revoked.", _CHALLENGE),
    403: _refusal("With `auth=on`: the API key lacks the scope `write`.", _CHALLENGE),
    429: _refusal("With `auth=on`: the API key has used up its requests.", _QUOTA_HEADERS),
}
