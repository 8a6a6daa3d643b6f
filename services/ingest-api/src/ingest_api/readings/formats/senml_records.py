"""One SenML record as a reading: its base fields, name, unit, time and value. Pure."""

from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Struct, structs

from ingest_api.readings.formats.quantities import TYPES_BY_SYMBOL, Defaults, derived_id
from ingest_api.readings.verdicts import Candidate, rejection
from iot_contracts.problems import ItemError
from iot_contracts.readings import SubmittedReading
from iot_domain.event_time import OUT_OF_RANGE, from_microseconds

RELATIVE_BELOW_S = 2.0**28
"""RFC 8428 section 4.5.3: a time below is relative to now."""

_BASE_LABELS = frozenset({"bn", "bt", "bu", "bv", "bs", "bver"})
_VALUE_LABELS = ("v", "vb", "vs", "vd")
_SEPARATORS = ":/._-"
_MICROSECONDS = 1_000_000
_MAX_SECONDS = 1e12


class Record(Struct, frozen=True, kw_only=True):
    """A record's labels that are used here; RFC 8428 section 4.3 has their meaning."""

    bn: str | None = None
    bt: float | None = None
    bu: str | None = None
    bv: float | None = None
    bs: float | None = None
    bver: Annotated[int, Meta(ge=1)] | None = None
    n: str | None = None
    u: str | None = None
    t: float | None = None
    s: float | None = None
    v: float | None = None
    vb: bool | None = None
    vs: str | None = None
    vd: str | None = None

    @property
    def is_base_only(self) -> bool:
        """Whether the record only sets base fields, and so measures nothing."""
        labels = {label for label, value in structs.asdict(self).items() if value is not None}
        return bool(labels) and labels <= _BASE_LABELS


class Base(Struct, frozen=True):
    """The base fields in force."""

    bn: str = ""
    bt: float = 0.0
    bu: str | None = None
    bv: float = 0.0

    def updated(self, record: Record) -> "Base":
        """With those that `record` sets, for it and the records after it."""
        changes = {label: value for label in structs.asdict(self) if (value := getattr(record, label)) is not None}
        return structs.replace(self, **changes) if changes else self


class Named(NamedTuple):
    """What a resolved name says."""

    sensor_id: str
    sensor_type: str | None
    location: str | None


def names_of(base_name: str, name: str) -> Named:
    """`location/sensor/type`, `sensor/type`, else base name and name as sensor and type, else a sensor alone.

    Of a path the last segment is the type, the one before the sensor and what is before that the location.
    """
    *path, last = [part for part in f"{base_name}{name}".split("/") if part] or [""]
    if path:
        return Named(path[-1], last, "/".join(path[:-1]) or None)
    device = base_name.rstrip(_SEPARATORS)
    if device and name:
        return Named(device, name.lstrip(_SEPARATORS), None)
    return Named(device or name, None, None)


def reading_of(index: int, record: Record, base: Base, defaults: Defaults, now: datetime) -> Candidate:
    """The reading of a record, or why it is none."""
    value = _value(index, record, base)
    if isinstance(value, ItemError):
        return value
    named = names_of(base.bn, record.n or "")
    symbol = record.u or base.bu
    sensor_type = named.sensor_type or TYPES_BY_SYMBOL.get(symbol or "")
    if not named.sensor_id or sensor_type is None:
        return _unnamed(index, named, symbol)
    seconds = base.bt + (record.t or 0.0)
    try:
        timestamp = _time(seconds, now)
    except ValueError as error:
        return ItemError(index=index, pointer="/t", code="invalid_field", detail=str(error))
    unit = defaults.unit(sensor_type, symbol)
    fields: dict[str, Any] = {
        "sensor_id": named.sensor_id,
        "sensor_type": sensor_type,
        "location": named.location or defaults.location,
        "value": unit.convert(value),
        "unit": unit.name,
        "timestamp": timestamp,
    }
    # A relative time is another one each time that the pack is sent.
    if seconds >= RELATIVE_BELOW_S:
        fields["reading_id"] = derived_id(*fields.values())
    try:
        return msgspec.convert(fields, SubmittedReading)
    except msgspec.ValidationError as error:
        return rejection(index, error)


def _value(index: int, record: Record, base: Base) -> float | ItemError:
    given = [label for label in _VALUE_LABELS if getattr(record, label) is not None]
    if not given:
        detail = "The record has no value; add v (a number) or vb (a boolean)"
        return ItemError(index=index, pointer="/v", code="missing_field", detail=detail)
    if len(given) > 1:
        detail = f"The record has {' and '.join(given)}; a record has one value"
        return ItemError(index=index, pointer=f"/{given[1]}", code="invalid_field", detail=detail)
    if record.v is not None:
        return base.bv + record.v
    if record.vb is not None:
        return float(record.vb)
    detail = "A reading has a number; send it as v, or a boolean as vb"
    return ItemError(index=index, pointer=f"/{given[0]}", code="unsupported_value", detail=detail)


def _time(seconds: float, now: datetime) -> datetime:
    if not abs(seconds) < _MAX_SECONDS:
        raise ValueError(OUT_OF_RANGE)
    if seconds >= RELATIVE_BELOW_S:
        return from_microseconds(round(seconds * _MICROSECONDS))
    try:
        return now + timedelta(seconds=seconds)
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
