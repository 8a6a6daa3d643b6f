"""`POST /v1/readings`: HTTP only."""

from datetime import UTC, datetime
from email.message import Message

import msgspec
from fastapi import APIRouter, Request, Response

from ingest_api.errors import UnsupportedMediaTypeError
from ingest_api.readings import schemas
from ingest_api.readings.body import allowance, read_body
from ingest_api.readings.formats import json
from ingest_api.readings.formats.registry import FORMATS, Context, Decode
from ingest_api.runtime import Runtime
from iot_contracts.problems import IngestResult

router = APIRouter(tags=["readings"])

_encoder = msgspec.json.Encoder()


@router.post(
    "/v1/readings",
    summary="Take readings as JSON, NDJSON or SenML",
    operation_id="postReadings",
    status_code=202,
    response_class=Response,
    responses=schemas.RESPONSES,
    openapi_extra={"requestBody": schemas.REQUEST_BODY},
)
async def post_readings(request: Request, on_error: schemas.OnError = "accept") -> Response:
    """Answers once Kafka has acknowledged every accepted reading (`acks=all`).

    A `reading_id` that is missing is filled in; a client that may have to retry should send its own,
    since a reading that comes again with the same id is the same reading. One sensor's readings keep
    the order of the array. An empty array is legal. The body may be compressed by gzip or zstd.
    """
    runtime: Runtime = request.app.state.runtime
    decode = _format_of(request.headers.get("content-type"))
    runtime.producer.require_available()
    with allowance(runtime.budget, runtime.settings.max_body_bytes) as allowed:
        body = await read_body(request, allowed)
        runtime.metrics.body_bytes.inc(len(body))
        now = datetime.now(UTC)
        context = Context(runtime.settings.max_batch_readings, runtime.defaults, now)
        result = await runtime.readings.take(decode(body, context), now, all_or_nothing=on_error == "reject")
    return Response(_encoder.encode(result), status_code=_status(result), media_type=json.MEDIA_TYPE)


def _format_of(content_type: str | None) -> Decode:
    if content_type == json.MEDIA_TYPE:
        return FORMATS[json.MEDIA_TYPE]
    header = Message()
    header["Content-Type"] = content_type or ""
    decode = FORMATS.get(header.get_content_type()) if content_type else None
    charset = str(header.get_param("charset", "utf-8")).lower()
    if decode is None or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaTypeError(
            f"Content-Type is {content_type!r}; send one of: {', '.join(FORMATS)} (in UTF-8)"
        )
    return decode


def _status(result: IngestResult) -> int:
    if not result.rejected:
        return 202
    return 207 if result.accepted else 422
