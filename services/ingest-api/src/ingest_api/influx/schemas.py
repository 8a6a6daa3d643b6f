"""What the OpenAPI document says of InfluxDB's addresses."""

from typing import Annotated, Any

from fastapi import Query, Response

from ingest_api.influx.precisions import PRECISIONS

Precision = Annotated[
    str,
    Query(description="Unit of the timestamps; `auto`: by magnitude.", json_schema_extra={"enum": list(PRECISIONS)}),
]
AcceptPartial = Annotated[
    bool, Query(description="Whether lines are taken when others of the same request are rejected.")
]

_EXAMPLES = {
    "sensor": {
        "summary": "Two readings of one sensor, with its battery",
        "value": "climate,sensor_id=SENSOR_001,location=Tangier-Centre temperature=21.5,humidity=63,battery_level=87 "
        "1772366400000000000",
    },
    "telegraf": {
        "summary": "A line of Telegraf: cpu_usage_idle and cpu_usage_user of web1:cpu0",
        "value": "cpu,cpu=cpu0,host=web1 usage_idle=98.2,usage_user=1.25 1772366400000000000",
    },
}
_TEXT = {"type": "string"}
_LINE = {
    "type": "object",
    "properties": {
        "original_line": _TEXT,
        "line_number": {"type": "integer", "minimum": 1},
        "error_message": _TEXT,
    },
    "required": ["original_line", "line_number", "error_message"],
}
_CAUSE = "unable to parse 'cpu val=': line 1: missing field key or field value"
_SCHEMAS: dict[int, dict[str, Any]] = {
    1: {"type": "object", "properties": {"error": _TEXT}, "required": ["error"]},
    2: {
        "type": "object",
        "properties": {"code": _TEXT, "message": _TEXT, "line": {"type": "integer", "minimum": 1}},
        "required": ["code", "message"],
    },
    3: {
        "type": "object",
        "properties": {
            "error": _TEXT,
            "data": {"oneOf": [{"type": "null"}, _LINE, {"type": "array", "items": _LINE}]},
        },
        "required": ["error", "data"],
    },
}
_BAD_LINE = {"original_line": "cpu val=", "line_number": 1, "error_message": "missing field key or field value"}
_EXAMPLE_ERRORS: dict[int, dict[str, Any]] = {
    1: {"error": f"{_CAUSE} dropped=1"},
    2: {"code": "invalid", "message": _CAUSE, "line": 1},
    3: {"error": "partial write of line protocol occurred", "data": [_BAD_LINE]},
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}


def _problem(version: int, description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _SCHEMAS[version]}}}


def write_options(version: int) -> dict[str, Any]:
    """What a write address's route is declared with; `version` is InfluxDB's."""
    rejected = _problem(version, "Lines were rejected, with number and cause; the others were taken.")
    rejected["content"]["application/json"]["example"] = _EXAMPLE_ERRORS[version]
    return {
        "status_code": 204,
        "response_class": Response,
        "openapi_extra": {
            "requestBody": {"required": True, "content": {"text/plain": {"schema": _TEXT, "examples": _EXAMPLES}}}
        },
        "responses": {
            204: {"description": "All lines were taken, and Kafka has acknowledged their readings."},
            400: rejected,
            413: _problem(version, "The body has too many bytes, lines or readings. Nothing was taken; split it."),
            415: _problem(version, "The content coding is not supported."),
            503: _problem(version, "Kafka has not acknowledged, or too much is in flight. Send it again.")
            | {"headers": _RETRY_AFTER},
            "default": _problem(version, "Any other error."),
        },
    }


PING_OPTIONS: dict[str, Any] = {
    "status_code": 204,
    "response_class": Response,
    "responses": {204: {"description": "It is there; `X-Influxdb-Version` names the API that is spoken."}},
}
_HEALTH = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "message": _TEXT,
        "status": {"enum": ["pass", "fail"]},
        "checks": {"type": "array", "items": {"type": "object"}},
        "version": _TEXT,
    },
    "required": ["name", "status"],
}
HEALTH_OPTIONS: dict[str, Any] = {
    "response_class": Response,
    "responses": {
        200: {"description": "Readings are taken.", "content": {"application/json": {"schema": _HEALTH}}},
        503: {"description": "Kafka is away.", "content": {"application/json": {"schema": _HEALTH}}},
    },
}
