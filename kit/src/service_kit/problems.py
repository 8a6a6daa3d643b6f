"""Errors as problem details (RFC 9457)."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from iot_contracts.json_schemas import schema_components
from iot_contracts.problems import PROBLEM_MEDIA_TYPE, Problem
from service_kit.logging import get_logger
from service_kit.security_headers import security_headers

RETRY_AFTER_HEADER: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
"""For `documented_headers` of errors that say when to ask again."""
BODY_IS_NO_TEXT: Final = 400
"""What the framework alone answers, to a body whose bytes are no text; other bodies that are no JSON are a 422."""
_SCHEMA_PLACE = "#/components/schemas/{name}"
_log = get_logger(__name__)


class ServiceError(Exception):
    """Root of a service's own errors. A subclass names its status, code and title once.

    The message says what happened this time and what the caller can do about it.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"
    documented_headers: ClassVar[Mapping[str, Any]] = {}
    """Headers of the answer as OpenAPI describes them: name → header object."""

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers


class DependencyUnavailableError(ServiceError):
    """A dependency is unavailable; the same request may succeed later."""

    status = 503
    code = "dependency_unavailable"
    title = "A dependency is unavailable"


class InvalidRequestError(ServiceError):
    """The request does not match the API."""

    status = 422
    code = "invalid_request"
    title = "The request is invalid"


Refusal = Callable[[Request, ServiceError], Response]
"""Makes the response to a request that is refused before it reaches an endpoint."""


def problem_response(
    request: Request,
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The problem as an HTTP response."""
    problem = Problem(
        type=f"/problems/{code}",
        title=title,
        status=status,
        code=code,
        detail=detail,
        request_id=request.scope.get("state", {}).get("request_id", ""),
    )
    return Response(
        msgspec.json.encode(problem),
        status_code=status,
        headers=dict(headers or {}),
        media_type=PROBLEM_MEDIA_TYPE,
    )


def error_response(request: Request, error: ServiceError) -> Response:
    """A service's own error as an HTTP response."""
    return problem_response(
        request,
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.detail,
        headers=error.headers,
    )


async def _on_service_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for this class only
    return error_response(request, error)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    detail = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
    return error_response(request, InvalidRequestError(detail))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    if error.status_code == BODY_IS_NO_TEXT:
        return error_response(request, InvalidRequestError("body: is no JSON in UTF-8"))
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
    return problem_response(
        request,
        status=error.status_code,
        code=code,
        title=str(error.detail),
        detail=f"{request.method} {request.url.path}: {error.detail}. See /docs for the API.",
        headers=error.headers,
    )


async def _on_unexpected_error(request: Request, error: Exception) -> Response:
    _log.error("unexpected error", path=request.url.path, exc_info=error)
    return problem_response(
        request,
        status=500,
        code=ServiceError.code,
        title=ServiceError.title,
        detail="This is a bug; the log has the details under the request id.",
        # The framework answers this outside of every middleware, so nobody else adds them.
        headers={name.decode(): value.decode() for name, value in security_headers()},
    )


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error of `app` with a problem document."""
    app.add_exception_handler(ServiceError, _on_service_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected_error)


def problem_responses(*errors: type[ServiceError]) -> dict[int | str, dict[str, Any]]:
    """The errors of an endpoint for its argument `responses`, by status: titles, codes, headers and the schema."""
    by_status: dict[int | str, list[type[ServiceError]]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(error)
    return {status: _documented(alike) for status, alike in by_status.items()}


def _documented(errors: list[type[ServiceError]]) -> dict[str, Any]:
    headers = {name: header for error in errors for name, header in error.documented_headers.items()}
    return {
        "description": "; ".join(f"{error.title} (`{error.code}`)" for error in errors),
        "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": _SCHEMA_PLACE.format(name=Problem.__name__)}}},
        **({"headers": headers} if headers else {}),
    }


def add_problem_schema(openapi: dict[str, Any]) -> None:
    """Add the schema that `problem_responses` refers to to the components of an OpenAPI document; once is enough."""
    schemas = openapi.setdefault("components", {}).setdefault("schemas", {})
    if Problem.__name__ not in schemas:
        schemas |= schema_components((Problem,), ref_template=_SCHEMA_PLACE)[1]
