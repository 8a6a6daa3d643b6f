"""InfluxDB's write addresses, for clients that speak line protocol: HTTP only."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from ingest_api.dependencies import CurrentRuntime
from ingest_api.errors import InvalidPrecisionError
from ingest_api.idempotency.answers import FillInIds, answer_once
from ingest_api.influx import schemas
from ingest_api.influx.dialects import (
    DIALECTS,
    MAX_LINE_LENGTH,
    MAX_LISTED_LINES,
    Dialect,
    RejectedLine,
    Rejection,
    json_answer,
)
from ingest_api.influx.points import Points
from ingest_api.influx.precisions import PRECISIONS
from ingest_api.readings.body import reserve
from iot_contracts.problems import POSITION_HEADER, IngestResult, ItemError
from service_kit.problems import ServiceError

V1, V2, V3 = DIALECTS["/write"], DIALECTS["/api/v2/write"], DIALECTS["/api/v3/write_lp"]
VERSION_HEADERS = {"X-Influxdb-Build": "OSS", "X-Influxdb-Version": "2.7.0"}
"""Clients choose what they send by the version: this one has the newest API that all of them know."""


class InfluxRoute(APIRoute):
    """Answers errors, also those of dependencies, with the error body of the address's InfluxDB version."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with errors translated."""
        handle, dialect = super().get_route_handler(), DIALECTS.get(self.path)
        if dialect is None:
            return handle

        async def handle_in_dialect(request: Request) -> Response:
            try:
                return await handle(request)
            except ServiceError as error:
                body = dialect.problem(error.status, error.detail)
                return json_answer(error.status, body, dict(error.headers or {}))
            except RequestValidationError as error:
                problems = "; ".join(f"{item['loc'][-1]}: {item['msg']}" for item in error.errors())
                return json_answer(400, dialect.problem(400, problems))

        return handle_in_dialect


router = APIRouter(tags=["InfluxDB line protocol"], route_class=InfluxRoute)


@router.post(
    "/api/v2/write",
    summary="Write line protocol as to InfluxDB 2",
    operation_id="writeInfluxV2",
    **schemas.write_options(2),
)
async def write_v2(
    request: Request, runtime: CurrentRuntime, precision: schemas.Precision = V2.default_precision
) -> Response:
    """What Telegraf's `outputs.influxdb_v2` and InfluxDB 2's client libraries write to.

    Valid lines are accepted, as InfluxDB 3 does; `org` and `bucket` are ignored.
    """
    return await _write(request, runtime, V2, precision, accept_partial=True)


@router.post(
    "/api/v3/write_lp",
    summary="Write line protocol as to InfluxDB 3",
    operation_id="writeInfluxV3",
    **schemas.write_options(3),
)
async def write_v3(
    request: Request,
    runtime: CurrentRuntime,
    precision: schemas.Precision = V3.default_precision,
    accept_partial: schemas.AcceptPartial = True,
) -> Response:
    """With `accept_partial=false` nothing is accepted when a line is invalid. `db` and `no_sync` are ignored: the
    answer always comes after Kafka's acknowledgement.
    """
    return await _write(request, runtime, V3, precision, accept_partial=accept_partial)


@router.post(
    "/write",
    summary="Write line protocol as to InfluxDB 1",
    operation_id="writeInfluxV1",
    **schemas.write_options(1),
)
async def write_v1(
    request: Request, runtime: CurrentRuntime, precision: schemas.Precision = V1.default_precision
) -> Response:
    """Valid lines are accepted; `db`, `rp` and `consistency` are ignored."""
    return await _write(request, runtime, V1, precision, accept_partial=True)


@router.head("/ping", include_in_schema=False)
@router.get("/ping", summary="Check that the service runs", operation_id="pingInflux", **schemas.PING_OPTIONS)
async def ping() -> Response:
    """For InfluxDB's clients, which call it before they write; `/livez` and `/readyz` say more."""
    return Response(status_code=204, headers=VERSION_HEADERS)


@router.get("/health", summary="Check that it accepts readings", operation_id="healthInflux", **schemas.HEALTH_OPTIONS)
async def health(runtime: CurrentRuntime) -> Response:
    """`/readyz` in the format of InfluxDB's `/health`."""
    missing = await runtime.producer.missing()
    body: dict[str, Any] = {
        "name": "ingest-api",
        "message": missing or "ready for queries and writes",
        "status": "fail" if missing else "pass",
        "checks": [],
        "version": VERSION_HEADERS["X-Influxdb-Version"],
    }
    return json_answer(503 if missing else 200, body)


async def _write(
    request: Request, runtime: CurrentRuntime, dialect: Dialect, precision: str, *, accept_partial: bool
) -> Response:
    if precision not in PRECISIONS:
        raise InvalidPrecisionError(f"precision is {precision!r}; send one of {', '.join(PRECISIONS)}")
    runtime.producer.require_available()
    with reserve(runtime.budget, runtime.settings.max_body_bytes) as reservation:
        body = await runtime.bodies.read(request, reservation)
        runtime.metrics.body_bytes.inc(len(body))

        async def answer(fill_in_ids: FillInIds) -> Response:
            now = datetime.now(UTC)
            points = runtime.points.decode(body, runtime.settings.max_batch_readings, PRECISIONS[precision], now)
            candidates = fill_in_ids(points.candidates)
            result = await runtime.readings.accept(
                candidates, now, body_format="line protocol", all_or_nothing=not accept_partial
            )
            if not result.rejected:
                headers = {POSITION_HEADER: result.position} if result.position else {}
                return Response(status_code=204, headers=headers)
            return json_answer(400, dialect.rejection(_rejection(points, result)))

        return await answer_once(runtime.idempotency, request, body, answer)


def _rejection(points: Points, result: IngestResult) -> Rejection:
    lines = [_rejected_line(points, error) for error in result.errors[:MAX_LISTED_LINES]]
    return Rejection(lines, result.accepted, result.rejected)


def _rejected_line(points: Points, error: ItemError) -> RejectedLine:
    number = points.places[error.index].number
    field = f"{error.pointer.removeprefix('/')}: " if error.pointer else ""
    return RejectedLine(number, points.original_line(error.index, MAX_LINE_LENGTH), f"{field}{error.detail}")
