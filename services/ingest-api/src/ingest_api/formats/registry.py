"""The formats of `POST /v1/readings` by their media type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest_api.formats import avro, json, ndjson, senml
from ingest_api.formats.candidates import Candidate
from ingest_api.formats.quantities import Defaults


@dataclass(frozen=True)
class Context:
    """What a format may need beside the body: the batch's limits, what stands in for what is not said, the time."""

    max_readings: int
    max_bytes: int
    """Of a body that a format decompresses itself."""
    defaults: Defaults
    now: datetime


Decode = Callable[[bytes, Context], Sequence[Candidate]]
"""A format. Raises MalformedBodyError and TooManyReadingsError."""


def _json(body: bytes, context: Context) -> Sequence[Candidate]:
    return json.decode(body, context.max_readings)


def _ndjson(body: bytes, context: Context) -> Sequence[Candidate]:
    return ndjson.decode(body, context.max_readings)


def _senml(body: bytes, context: Context) -> Sequence[Candidate]:
    return senml.decode(body, context.max_readings, context.defaults, context.now)


def _avro(body: bytes, context: Context) -> Sequence[Candidate]:
    return avro.decode(body, context.max_readings, context.max_bytes)


FORMATS: dict[str, Decode] = {
    json.MEDIA_TYPE: _json,
    ndjson.MEDIA_TYPE: _ndjson,
    senml.MEDIA_TYPE: _senml,
    avro.MEDIA_TYPE: _avro,
}
