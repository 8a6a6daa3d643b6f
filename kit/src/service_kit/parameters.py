"""Query parameters: empty ones are dropped, and single-valued ones must not be repeated."""

import re
from collections import Counter
from collections.abc import Awaitable
from typing import Any
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from service_kit.problems import InvalidRequestError, Refusal

# A name, and at most an `=` behind it, up to the next parameter.
_WITHOUT_VALUE = re.compile(rb"(?:^|&)[^&=]*=?(?=&|$)")


class QueryParameters:
    """ASGI middleware: drops parameters without a value, and refuses repeated ones.

    FastAPI would silently use the last one. A parameter is single-valued unless the OpenAPI document makes it an array.
    Parameters that the document does not name are ignored, also when repeated.
    """

    def __init__(self, app: ASGIApp, *, refusal: Refusal) -> None:
        self._app = app
        self._refusal = refusal

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one connection; one without a query string costs nothing."""
        if scope.get("query_string"):
            scope["query_string"] = without_empty(scope["query_string"])
            repeated = repeated_names(scope["query_string"])
            if repeated and scope["type"] == "http":
                ambiguous = sorted(repeated & _single_valued(scope))
                if ambiguous:
                    detail = "; ".join(f"query.{name}: given more than once; give one value" for name in ambiguous)
                    return self._refusal(Request(scope), InvalidRequestError(detail))(scope, receive, send)
        return self._app(scope, receive, send)


def without_empty(query_string: bytes) -> bytes:
    """The query string without the parameters that have no value: `precision=&db=iot` is `db=iot`."""
    return _WITHOUT_VALUE.sub(b"", query_string).removeprefix(b"&")


def repeated_names(query_string: bytes) -> set[str]:
    """The names that a query string without empty parameters has more than once."""
    names = [part.partition(b"=")[0] for part in query_string.split(b"&")]
    if len(set(names)) == len(names) and b"%" not in query_string:  # as nearly always
        return set()
    counts = Counter(unquote_plus(name.decode("latin-1")) for name in names)
    return {name for name, count in counts.items() if count > 1}


def _single_valued(scope: Scope) -> set[str]:
    """The parameters of the request's address and method that have one value."""
    for path, operations in scope["app"].openapi()["paths"].items():
        operation = operations.get(scope["method"].lower())
        if operation and compile_path(path)[0].match(scope["path"]):
            parameters = operation.get("parameters", ())
            return {one["name"] for one in parameters if one["in"] == "query" and not _is_array(one["schema"])}
    return set()


def _is_array(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "array" or any(_is_array(one) for one in schema.get("anyOf", ()))
