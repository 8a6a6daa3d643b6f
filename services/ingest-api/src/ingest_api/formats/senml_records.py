"""One SenML record as a reading: its name, unit, time and value. Pure."""

import functools
import math
import re
from datetime import datetime, timedelta
from decimal import Decimal, Inexact
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from ingest_api.formats.candidates import Candidate, rejection
from ingest_api.formats.names import name_with_digest
from ingest_api.formats.quantities import TYPES_BY_SYMBOL, Defaults, derived_id
from ingest_api.formats.senml_base import Base
from ingest_api.formats.senml_labels import EXACT, Record
from iot_contracts.problems import ItemError
from iot_contracts.readings import SubmittedReading
from iot_domain.event_time import OUT_OF_RANGE, from_microseconds
from iot_domain.names import is_name

RELATIVE_BELOW_S = 2**28
"""RFC 8428 section 4.5.3: a time below is relative to now."""

MAX_REMEMBERED_NAMES = 16_384
_VALUE_LABELS = ("v", "vb", "vs", "vd")
_MAX_SECONDS = 10**12
_MICROSECONDS_EXPONENT = 6
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*")


class Named(NamedTuple):
    """What a resolved name says."""

    sensor_id: str
    sensor_type: str | None
    location: str | None


@functools.lru_cache(MAX_REMEMBERED_NAMES)
def names_of(base_name: str, name: str) -> Named:
    """`location/sensor/type`, `sensor/type`, else base name and name as sensor and type, else a sensor alone.

    Of a path the last segment is the type, the one before the sensor and what is before that the location.
    Raises ValueError when a segment is empty, or the location has what RFC 8428 section 4.5.1 forbids.
    """
    full = f"{base_name}{name}"
    *path, last = full.split("/")
    if not path:
        return Named(_device(base_name), name, None) if base_name and name else Named(full, None, None)
    location = "/".join(path[:-1])
    if not (last and all(path)):
        raise ValueError(f"The name {full!r} has an empty part; send location/sensor/type or sensor/type")
    if location and not _NAME.fullmatch(location):
        raise ValueError(f"The name {full!r} has other characters than ASCII letters, digits and - : . / _")
    return Named(path[-1], last, location or None)


def _device(base_name: str) -> str:
    """The sensor that a base name without `/` is: itself, but for the `:` that ends a URN's (`urn:dev:ow:1:`)."""
    head = base_name[:-1]
    if ":" not in head or head.endswith(":"):
        return base_name
    if base_name.endswith(":"):
        return head
    # The name that follows is part of the URN's last part, which only the exact text tells from `head`.
    return name_with_digest(base_name, base_name) if is_name(base_name) else base_name


def reading_of(index: int, record: Record, base: Base, defaults: Defaults, now: datetime) -> Candidate:
    """The reading of a record, or why it is none."""
    sent = _value(index, record, base)
    if isinstance(sent, ItemError):
        return sent
    name = record.n or ""
    symbol = record.u or base.bu
    try:
        named = names_of(base.bn, name)
    except ValueError as error:
        return ItemError(index=index, pointer="/n", code="invalid_field", detail=str(error))
    sensor_type = named.sensor_type or TYPES_BY_SYMBOL.get(symbol or "")
    if not named.sensor_id or sensor_type is None:
        return _unnamed(index, named, symbol)
    try:
        seconds = EXACT.add(base.bt, record.t or Decimal(0))
        timestamp = _instant(seconds, now)
    except Inexact:
        detail = "bt and t have too many digits to be added exactly; send fewer"
        return ItemError(index=index, pointer="/t", code="invalid_field", detail=detail)
    except ValueError as error:
        return ItemError(index=index, pointer="/t", code="invalid_field", detail=str(error))
    unit = defaults.unit(sensor_type, symbol)
    fields: dict[str, Any] = {
        "sensor_id": named.sensor_id,
        "sensor_type": sensor_type,
        "location": named.location or defaults.location,
        "value": unit.convert(float(sent)),
        "unit": unit.name,
        "timestamp": timestamp,
    }
    # A relative time is another one each time that the pack is sent.
    if seconds >= RELATIVE_BELOW_S:
        exact_time = str(EXACT.normalize(seconds))
        fields["reading_id"] = derived_id("senml", f"{base.bn}{name}", symbol or "", repr(sent), exact_time)
    try:
        return msgspec.convert(fields, SubmittedReading)
    except msgspec.ValidationError as error:
        return rejection(index, error)


def _value(index: int, record: Record, base: Base) -> float | ItemError:
    given = [label for label in _VALUE_LABELS if getattr(record, label) is not UNSET]
    if not given:
        detail = "The record has no value; add v (a number) or vb (a boolean)"
        return ItemError(index=index, pointer="/v", code="missing_field", detail=detail)
    if len(given) > 1:
        detail = f"The record has {' and '.join(given)}; a record has one value"
        return ItemError(index=index, pointer=f"/{given[1]}", code="invalid_field", detail=detail)
    if record.v is not UNSET:
        return base.bv + record.v
    if record.vb is not UNSET:
        return record.vb
    detail = "A reading has a number; send it as v, or a boolean as vb"
    return ItemError(index=index, pointer=f"/{given[0]}", code="unsupported_value", detail=detail)


def _instant(seconds: Decimal, now: datetime) -> datetime:
    """The time of a record, cut to the microsecond. Raises ValueError when it is out of range."""
    if not -_MAX_SECONDS < seconds < _MAX_SECONDS:
        raise ValueError(OUT_OF_RANGE)
    microseconds = math.floor(EXACT.scaleb(seconds, _MICROSECONDS_EXPONENT))
    if seconds >= RELATIVE_BELOW_S:
        return from_microseconds(microseconds)
    try:
        return now + timedelta(microseconds=microseconds)
    except OverflowError:
        raise ValueError(OUT_OF_RANGE) from None


def _unnamed(index: int, named: Named, symbol: str | None) -> ItemError:
    if not named.sensor_id:
        detail = "Neither bn nor n names a sensor; add a name, for example bn"
        return ItemError(index=index, pointer="/n", code="missing_field", detail=detail)
    detail = (
        f"What {named.sensor_id!r} measures is unknown: the unit {symbol!r} tells no type; "
        "end the name with it, for example SENSOR_001/temperature"
    )
    return ItemError(index=index, pointer="/n", code="missing_field", detail=detail)
