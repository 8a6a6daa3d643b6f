"""The labels of one SenML record, typed as RFC 8428 section 4.3 has them. Pure."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from decimal import Context, Decimal, Inexact
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from ingest_api.formats.candidates import item_error, rejection
from iot_contracts.problems import ItemError
from iot_contracts.readings import MAX_NAME_LENGTH, MAX_UNIT_LENGTH
from iot_domain.reading_files.json_items import pointer_and_shown, repeated_field

# Location, sensor and type with what stands between: what holds for the records after it must not grow with the body.
_Name = Annotated[str, Meta(max_length=3 * MAX_NAME_LENGTH + 2)]
_Unit = Annotated[str, Meta(min_length=1, max_length=MAX_UNIT_LENGTH)]

EXACT = Context(prec=400, traps=[Inexact])
"""Adds without a digit lost, or raises Inexact. Doubles, written in full, have fewer digits between them."""


class _Labels(Struct, frozen=True, kw_only=True):
    """All labels but the times."""

    bn: _Name | UnsetType = UNSET
    bu: _Unit | UnsetType = UNSET
    bv: float | UnsetType = UNSET
    bs: float | UnsetType = UNSET
    bver: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    n: _Name | UnsetType = UNSET
    u: _Unit | UnsetType = UNSET
    ut: float | UnsetType = UNSET
    s: float | UnsetType = UNSET
    v: float | UnsetType = UNSET
    vb: bool | UnsetType = UNSET
    vs: str | UnsetType = UNSET
    vd: str | UnsetType = UNSET


class _Checked(_Labels, frozen=True, kw_only=True):
    """With the times as numbers: a Decimal would take a string too."""

    bt: float | UnsetType = UNSET
    t: float | UnsetType = UNSET


class Record(_Labels, frozen=True, kw_only=True):
    """A record, its times with all their digits."""

    bt: Decimal | UnsetType = UNSET
    t: Decimal | UnsetType = UNSET

    @property
    def is_base_only(self) -> bool:
        """Whether the record only sets base fields, and so measures nothing."""
        return _has_none(self, REGULAR_LABELS) and not _has_none(self, BASE_LABELS)


BASE_LABELS = ("bn", "bt", "bu", "bv", "bs", "bver")
REGULAR_LABELS = ("v", "n", "u", "t", "ut", "s", "vb", "vs", "vd")

_checked = msgspec.json.Decoder(_Checked)
_record = msgspec.json.Decoder(Record)
_LABEL = re.compile(rb'[{,]\s*+"((?:[^"\\]|\\.)*+)"\s*+:')


def _has_none(record: Record, labels: Iterable[str]) -> bool:
    return all(getattr(record, label) is UNSET for label in labels)


def decode_record(raw: msgspec.Raw | bytes) -> Record:
    """The labels of one record. Raises msgspec.ValidationError when one is not what it must be."""
    _checked.decode(raw)
    record = _record.decode(raw)
    try:
        if record.bt is not UNSET:
            EXACT.plus(record.bt)
    except Inexact:
        raise msgspec.ValidationError("Expected a number of fewer digits - at `$.bt`") from None
    return record


def read_record(index: int, raw: msgspec.Raw | bytes) -> Record | ItemError:
    """Record `index` of a pack, or what is wrong with its labels. Raises RecursionError for one nested too deeply."""
    try:
        record = decode_record(raw)
    except msgspec.ValidationError as error:
        return rejection(index, error)
    text = bytes(raw)
    found = _LABEL.findall(text)
    # What else stands in a record, in objects inside or behind escapes, is looked at only where it may matter.
    if b"\\" in text or b'_"' in text or len(set(found)) < len(found):
        return _problem(index, labels_of(raw)) or record
    return record


def labels_of(raw: msgspec.Raw | bytes) -> list[str]:
    """The labels of a record, each as often as it is there; none of what is no object."""
    text = bytes(raw)
    if not text.lstrip().startswith(b"{"):
        return []
    # Values don't matter here, and an int may have too many digits for Python.
    labels: list[str] = json.loads(text, strict=False, parse_int=float, object_pairs_hook=_keys)
    return labels


def _keys(pairs: list[tuple[str, object]]) -> list[str]:
    return [label for label, _ in pairs]


def _problem(index: int, labels: list[str]) -> ItemError | None:
    """RFC 8259 leaves open what a label is that is there twice, RFC 8428 section 4.4 wants others understood."""
    for label, times in Counter(labels).items():
        if times > 1:
            return item_error(index, repeated_field(label, times))
        if label.endswith("_"):
            pointer, shown = pointer_and_shown(label)
            detail = f"The extension {shown} must be understood and is not; leave it out"
            return ItemError(index=index, pointer=pointer, code="unknown_extension", detail=detail)
    return None
