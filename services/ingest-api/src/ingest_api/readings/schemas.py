"""OpenAPI of readings, made from the contract's types."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import FastAPI, Query

from ingest_api.errors import (
    BodyTimeoutError,
    BodyTooLargeError,
    IdempotencyStoreError,
    IncompleteBodyError,
    InvalidIdempotencyKeyError,
    KafkaUnavailableError,
    MalformedBodyError,
    OverloadedError,
    RequestRunningError,
    TooManyReadingsError,
    UnsupportedMediaTypeError,
)
from ingest_api.idempotency.keys import MAX_KEY_LENGTH
from iot_contracts.json_schemas import schema_components
from iot_contracts.problems import PROBLEM_MEDIA_TYPE, IngestResult
from iot_contracts.readings import SubmittedReading
from service_kit.access.errors import ForbiddenError, KeysUnknownError, RateLimitedError, UnauthenticatedError
from service_kit.problems import problem_responses

REF_TEMPLATE = "#/components/schemas/{name}"
_CONTRACT_TYPES = (SubmittedReading, IngestResult)

_READING = {
    "reading_id": "019ca8f5-2c00-7a2b-8c3d-0123456789ab",
    "sensor_id": "SENSOR_001",
    "sensor_type": "temperature",
    "location": "Tangier-Centre",
    "value": 21.5,
    "unit": "Celsius",
    "timestamp": "2026-03-01T12:00:00Z",
    "is_anomaly": False,
    "battery_level": 87.5,
}
_WITHOUT_ID = {
    "sensor_id": "SENSOR_002",
    "sensor_type": "humidity",
    "location": "Tangier-Port",
    "value": 63.0,
    "unit": "%",
    "timestamp": "2026-03-01T13:00:00+01:00",
}
_ERROR = {
    "index": 1,
    "pointer": "/value",
    "code": "invalid_field",
    "detail": "Expected `float`, got `str`; correct the field",
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": REF_TEMPLATE.format(name=name)}


OnError = Annotated[
    Literal["accept", "reject"],
    Query(description="When an item is invalid: `accept` the others, or `reject` the whole batch."),
]

_EPOCH = _WITHOUT_ID | {"timestamp": 1772366400000}
_NDJSON_LINES = "".join(msgspec.json.encode(reading).decode() + "\n" for reading in (_READING, _WITHOUT_ID))
_SENML_PACK = [
    {"bn": "Tangier-Centre/SENSOR_001/", "bt": 1772366400, "n": "temperature", "u": "Cel", "v": 21.5},
    {"n": "humidity", "u": "%RH", "v": 63.0},
]
_SENML_DEVICE = [{"bn": "urn:dev:ow:10e2073a01080063", "u": "Cel", "v": 23.1}]
_SENML_RECORD = {
    "title": "SenML record",
    "description": "RFC 8428; docs/formats.md says what names and units become.",
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in ("bn", "bu", "n", "u", "vs", "vd")},
        **{name: {"type": "number"} for name in ("bt", "bv", "bs", "t", "v", "s")},
        "bver": {"type": "integer"},
        "vb": {"type": "boolean"},
    },
}

IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repetition of the request with the same key gets the stored answer, and its readings without an "
    "id get the same ids. Use a new key for each new request, for example a UUID; with or without double quotes.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": r"^[!#-\[\]-~]+$"},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}

REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "Uncompressed, or compressed as `Content-Encoding` says: `gzip` or `zstd`.",
    "content": {
        "application/json": {
            "schema": {"oneOf": [_ref("SubmittedReading"), {"type": "array", "items": _ref("SubmittedReading")}]},
            "examples": {
                "one": {"summary": "One reading", "value": _READING},
                "array": {"summary": "An array", "value": [_READING, _WITHOUT_ID]},
                "epoch": {"summary": "The time in epoch milliseconds", "value": _EPOCH},
            },
        },
        "application/x-ndjson": {
            "schema": {"type": "string", "description": "A SubmittedReading as JSON on each line."},
            "examples": {"lines": {"summary": "A reading a line", "value": _NDJSON_LINES}},
        },
        "application/avro": {
            "schema": {
                "type": "string",
                "format": "binary",
                "description": "An Avro object container file: records of plain fields named as a SubmittedReading's.",
            },
        },
        "application/senml+json": {
            "schema": {"type": "array", "items": _SENML_RECORD},
            "examples": {
                "path": {"summary": "location/sensor/type as name", "value": _SENML_PACK},
                "device": {"summary": "A device; the unit determines the type", "value": _SENML_DEVICE},
            },
        },
    },
}


def _result(description: str, example: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": _ref("IngestResult"), "example": example}}
    return {"description": description, "content": content}


def _nothing_accepted() -> dict[str, Any]:
    response = _result(
        "No reading was valid, or one was not with `on_error=reject`. As a problem: a parameter is invalid, or the "
        "Idempotency-Key was used for another request.",
        {"accepted": 0, "rejected": 1, "errors": [{**_ERROR, "index": 0}]},
    )
    response["content"][PROBLEM_MEDIA_TYPE] = {"schema": _ref("Problem")}
    return response


RESPONSES: dict[int | str, dict[str, Any]] = {
    202: _result(
        "All readings were accepted and Kafka has acknowledged them.",
        {"accepted": 2, "rejected": 0, "errors": []},
    ),
    207: _result(
        "Some readings were accepted; the others are listed (the first 1,000 of them).",
        {"accepted": 1, "rejected": 1, "errors": [_ERROR]},
    ),
    422: _nothing_accepted(),
    **problem_responses(
        MalformedBodyError,
        IncompleteBodyError,
        InvalidIdempotencyKeyError,
        UnauthenticatedError,
        ForbiddenError,
        BodyTimeoutError,
        RequestRunningError,
        BodyTooLargeError,
        TooManyReadingsError,
        UnsupportedMediaTypeError,
        RateLimitedError,
        OverloadedError,
        KafkaUnavailableError,
        IdempotencyStoreError,
        KeysUnknownError,
    ),
}


def add_contract_schemas(app: FastAPI) -> None:
    """Add the contract's types to the components of `app`'s OpenAPI document."""
    _, components = schema_components(_CONTRACT_TYPES, ref_template=REF_TEMPLATE)
    app.openapi().setdefault("components", {}).setdefault("schemas", {}).update(components)
