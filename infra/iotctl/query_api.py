"""What commands ask query-api, over its API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from stack import secrets
from stack.errors import IotctlError
from stack.settings import load

TIMEOUT_S = 60


def ask(
    path: str,
    body: bytes | None = None,
    content_type: str = "application/json",
    method: str = "",
    accept: str = "application/json",
) -> bytes:
    """Ask query-api; a body is posted unless `method` says otherwise. Raises IotctlError with what it says is wrong."""
    settings = load()
    headers = {"Accept": accept, **secrets.authorization(settings.state)}
    request = urllib.request.Request(
        f"{settings.url('QUERY_API')}{path}", data=body, method=method or None, headers=headers
    )
    if body is not None:
        request.add_header("Content-Type", content_type)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            content: bytes = answer.read()
            return content
    except urllib.error.HTTPError as error:
        raise IotctlError("query-api", _detail(error.read()) or str(error), "correct it, or make status") from error
    except OSError as error:
        raise IotctlError("query-api", f"does not answer: {error}", "make status; make up starts it") from error


def _detail(content: bytes) -> str:
    try:
        return str(json.loads(content)["detail"])
    except (ValueError, KeyError, TypeError):
        return ""
