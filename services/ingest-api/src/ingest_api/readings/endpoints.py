"""`POST /v1/readings`: HTTP only."""

from datetime import UTC, datetime
from email.message import Message

import msgspec
from fastapi import APIRouter, Request, Response

from ingest_api.dependencies import CurrentRuntime
from ingest_api.errors import UnsupportedMediaTypeError
from ingest_api.formats import json
from ingest_api.formats.registry import FORMATS, Context
from ingest_api.idempotency.answers import FillInIds, answer_once
from ingest_api.readings import schemas
from ingest_api.readings.body import reserve
from ingest_api.readings.direct_route import DirectRoute
from iot_contracts.problems import IngestResult

router = APIRouter(tags=["readings"], route_class=DirectRoute)

_encoder = msgspec.json.Encoder()
_UTF8 = {"utf-8", "utf8"}


@router.post(
    "/v1/readings",
    summary="Send readings as JSON, NDJSON or SenML",
    operation_id="postReadings",
    status_code=202,
    response_class=Response,
    responses=schemas.RESPONSES,
    openapi_extra={"requestBody": schemas.REQUEST_BODY, "parameters": [schemas.IDEMPOTENCY_KEY]},
)
async def post_readings(request: Request, runtime: CurrentRuntime, on_error: schemas.OnError = "accept") -> Response:
    """Answers once Kafka has acknowledged every accepted reading (`acks=all`).

    A `reading_id` that is missing is filled in; a client that may have to retry should send its own,
    since a reading that comes again with the same id is the same reading. With an `Idempotency-Key` a
    repetition of the request gets the first answer, and the ids that are filled in are the same ones.
    One sensor's readings keep the order of the array. An empty array is legal. The body may be compressed
    by gzip or zstd.
    """
    body_format = _format_of(", ".join(request.headers.getlist("content-type")))
    runtime.producer.require_available()
    with reserve(runtime.budget, runtime.settings.max_body_bytes) as reservation:
        body = await runtime.bodies.read(request, reservation)
        runtime.metrics.body_bytes.inc(len(body))

        async def answer(fill_in_ids: FillInIds) -> Response:
            now = datetime.now(UTC)
            limits = runtime.settings.max_batch_readings, runtime.settings.max_body_bytes
            context = Context(*limits, runtime.defaults, now)
            result = await runtime.readings.accept(
                fill_in_ids(FORMATS[body_format](body, context)),
                now,
                body_format=body_format,
                all_or_nothing=on_error == "reject",
            )
            return Response(_encoder.encode(result), status_code=_status(result), media_type=json.MEDIA_TYPE)

        return await answer_once(runtime.idempotency, request, body, answer)


def _format_of(content_type: str) -> str:
    if content_type == json.MEDIA_TYPE:
        return json.MEDIA_TYPE
    header = Message()
    header["Content-Type"] = content_type
    media_type = header.get_content_type() if content_type else ""
    charsets = {str(value).lower() for name, value in header.get_params([]) if name.lower() == "charset"}
    if media_type not in FORMATS or not charsets <= _UTF8:
        found = f"Content-Type is {content_type!r}" if content_type else "There is no Content-Type"
        raise UnsupportedMediaTypeError(f"{found}; send one of: {', '.join(FORMATS)} (in UTF-8)")
    return media_type


def _status(result: IngestResult) -> int:
    if not result.rejected:
        return 202
    return 207 if result.accepted else 422
