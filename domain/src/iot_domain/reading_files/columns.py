"""Rows of a table as measurements: what CSV and Parquet share. Pure."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

from iot_contracts.readings import SubmittedReading
from iot_domain.event_time import BARE_NUMBER, event_time, from_table_text
from iot_domain.reading_files.faults import ItemFaultError
from iot_domain.reading_files.records import BadItem, InvalidFileError, Record, measurement

TIMESTAMP, VALUE, SENSOR_ID = "timestamp", "value", "sensor_id"

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


def find_columns(names: Sequence[str]) -> dict[str, int]:
    """Which column holds which field of a reading; other columns are left out.

    Names are compared without case and the blanks around them. Raises InvalidFileError when two are the same, or
    timestamp or value is not there.
    """
    folded = [name.strip().lower() for name in names]
    for name, count in Counter(folded).items():
        if name and count > 1:
            raise InvalidFileError(f"has {count} columns named {_shown(name)}; leave one of them")
    if not {TIMESTAMP, VALUE} <= set(folded):
        raise InvalidFileError(f"must name the columns timestamp and value, not {_shown(folded)}")
    return {name: folded.index(name) for name in SubmittedReading.__struct_fields__ if name in folded}


def record_of(place: str, number: int, cells: Mapping[str, object], sent: str | None = None) -> Record:
    """The measurement of a row's cells by field, or why it is none; a cell that is None or empty says nothing.

    `sent` is the row's time and value as written, when the cells are not that.
    """
    written = f"{cells[TIMESTAMP]}\n{cells[VALUE]}" if sent is None else sent
    try:
        return measurement(place, number, written, fields_of_cells(cells))
    except ItemFaultError as fault:
        return BadItem(place, f"{fault.detail} (column {fault.pointer[1:]})")


def fields_of_cells(cells: Mapping[str, object]) -> dict[str, object]:
    """The fields of a reading that a row's cells say; one that is None or empty says nothing. Raises ItemFaultError."""
    fields: dict[str, object] = {}
    for field, cell in cells.items():
        if cell is not None and cell != "":
            fields[field] = _READERS.get(field, _text)(field, cell)
        elif field in (TIMESTAMP, VALUE, SENSOR_ID):
            raise ItemFaultError(f"/{field}", "missing_field", "The cell is empty; fill it")
    return fields


def _time(field: str, cell: object) -> datetime:
    try:
        if isinstance(cell, datetime):
            return event_time(cell if cell.tzinfo else cell.replace(tzinfo=UTC))
        if isinstance(cell, date):
            return datetime.combine(cell, time(), UTC)
        if isinstance(cell, str):
            return from_table_text(cell)
    except ValueError as error:
        raise _invalid(field, cell, f": {error}") from None
    raise _invalid(field, cell, f": {BARE_NUMBER}")


def _number(field: str, cell: object) -> float:
    if isinstance(cell, str):
        is_number = _NUMBER.fullmatch(cell) is not None
    else:
        is_number = isinstance(cell, int | float | Decimal) and not isinstance(cell, bool)
    if not is_number:
        raise _invalid(field, cell, " is no number, such as 21.5 or -7e-06, without blanks around it")
    try:
        number = float(cell)  # type: ignore[arg-type]
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _invalid(field, cell, " is not finite; leave the row out")
    return number


def _boolean(field: str, cell: object) -> bool:
    found = cell if isinstance(cell, bool) else _BOOLEANS.get(cell.lower()) if isinstance(cell, str) else None
    if found is None:
        raise _invalid(field, cell, " is neither true nor false")
    return found


def _text(field: str, cell: object) -> str:
    if not isinstance(cell, str):
        raise _invalid(field, cell, " is no text")
    return cell


_READERS: Mapping[str, Callable[[str, object], object]] = {
    TIMESTAMP: _time,
    VALUE: _number,
    "battery_level": _number,
    "is_anomaly": _boolean,
}


def _invalid(field: str, cell: object, why: str) -> ItemFaultError:
    return ItemFaultError(f"/{field}", "invalid_field", f"{_shown(cell)}{why}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
