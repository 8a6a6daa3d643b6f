"""How InfluxDB's write APIs say what went wrong: an answer's body in the words of each version. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
from fastapi import Request, Response

from service_kit.problems import InvalidRequestError, ServiceError, error_response

MAX_LISTED_LINES = 100
MAX_LINE_LENGTH = 256
"""Of a line that was rejected its answer repeats so many characters."""

_encoder = msgspec.json.Encoder()

# https://docs.influxdata.com/influxdb/v2/api/#section/Errors
_V2_CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not found",
    409: "conflict",
    413: "request too large",
    415: "unsupported media type",
    422: "unprocessable entity",
    429: "too many requests",
    503: "unavailable",
}


class RejectedLine(NamedTuple):
    """A line of which something was not taken: its number from 1, the line, and why."""

    number: int
    line: str
    cause: str


class Rejection(NamedTuple):
    """The lines that were not taken, or not wholly, the first of them listed; and how many readings were."""

    lines: Sequence[RejectedLine]
    accepted: int
    rejected: int


class Dialect(Protocol):
    """One version's error bodies."""

    default_precision: str

    def problem(self, status: int, message: str, /) -> dict[str, Any]:
        """The body for a request that could not be taken at all."""

    def rejection(self, rejection: Rejection) -> dict[str, Any]:
        """The body, with status 400, for lines that were rejected."""


class Version1:
    """`/write`: one text under `error`."""

    default_precision = "ns"

    def problem(self, _status: int, message: str, /) -> dict[str, Any]:
        """`{"error"}`."""
        return {"error": message}

    def rejection(self, rejection: Rejection) -> dict[str, Any]:
        """`{"error"}`, as InfluxDB 1 has it with `partial write` and what was dropped."""
        prefix = "partial write: " if rejection.accepted else ""
        return {"error": f"{prefix}{_causes(rejection)} dropped={rejection.rejected}"}


class Version2:
    """`/api/v2/write`: a code, a message, and the first line that was rejected."""

    default_precision = "ns"

    def problem(self, status: int, message: str, /) -> dict[str, Any]:
        """`{"code", "message"}`."""
        return {"code": _V2_CODES.get(status, "invalid" if status < 500 else "internal error"), "message": message}

    def rejection(self, rejection: Rejection) -> dict[str, Any]:
        """`{"code", "message", "line"}`."""
        prefix = f"partial write, {rejection.rejected} dropped: " if rejection.accepted else ""
        return {"code": "invalid", "message": f"{prefix}{_causes(rejection)}", "line": rejection.lines[0].number}


class Version3:
    """`/api/v3/write_lp`: each rejected line."""

    default_precision = "auto"

    def problem(self, _status: int, message: str, /) -> dict[str, Any]:
        """`{"error", "data": null}`."""
        return {"error": message, "data": None}

    def rejection(self, rejection: Rejection) -> dict[str, Any]:
        """A list of lines when the others were taken (`accept_partial`), else the first line."""
        lines = [
            {"original_line": line.line, "line_number": line.number, "error_message": line.cause}
            for line in rejection.lines
        ]
        if rejection.accepted:
            return {"error": "partial write of line protocol occurred", "data": lines}
        return {"error": "parsing failed for write_lp endpoint", "data": lines[0]}


DIALECTS: Mapping[str, Dialect] = {
    "/write": Version1(),
    "/api/v2/write": Version2(),
    "/api/v3/write_lp": Version3(),
}
"""By the address that speaks it."""


def _causes(rejection: Rejection) -> str:
    return "; ".join(f"unable to parse {line.line!r}: line {line.number}: {line.cause}" for line in rejection.lines)


def json_answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """`body` as a response."""
    return Response(_encoder.encode(body), status_code=status, headers=headers, media_type="application/json")


def refusal(request: Request, error: ServiceError) -> Response:
    """The answer to a request that no endpoint sees; at InfluxDB's addresses in their dialect."""
    dialect = DIALECTS.get(request.scope["path"])
    if dialect is None:
        return error_response(request, error)
    status = 400 if isinstance(error, InvalidRequestError) else error.status
    return json_answer(status, dialect.problem(status, error.detail), dict(error.headers or {}))
