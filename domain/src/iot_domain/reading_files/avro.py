"""Avro: a record a measurement. Needs fastavro, so only who reads Avro imports this module.

A schema may have plain fields only: of a list or a nested record a few bytes could say that it has any length.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import fastavro
import msgspec
from fastavro.schema import SchemaParseException, UnknownType
from fastavro.types import Schema

from iot_domain.event_time import OUT_OF_RANGE, from_microseconds
from iot_domain.reading_files.avro_container import UNREADABLE, blocks, read_header, records
from iot_domain.reading_files.columns import TIMESTAMP, VALUE, fields_of_cells, find_columns
from iot_domain.reading_files.faults import ItemFaultError
from iot_domain.reading_files.records import BadItem, InvalidFileError, Record, measurement

MAX_BLOCK_BYTES = 64 << 20
"""Writers make blocks of 16 kB to some MiB."""
UNREADABLE_RECORD = "Its bytes are no record of the file's schema"
_PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_NANOSECONDS = {"millis": 1_000_000, "micros": 1_000, "nanos": 1}
_DAY_NANOSECONDS = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its cells by field of a reading, a time as the file has it; None when it can't be read."""

    number: int
    cells: Mapping[str, object]
    time_scale: int | None
    """How many nanoseconds the number of a time counts; None when a time is a text."""

    @property
    def sent(self) -> str:
        """Its time and value as they were written."""
        return f"{self.cells[TIMESTAMP]}\n{self.cells[VALUE]!r}"

    def fields(self) -> dict[str, object]:
        """The fields of a reading that it has. Raises ItemFaultError."""
        cells, time = dict(self.cells), self.cells[TIMESTAMP]
        if isinstance(time, int) and not isinstance(time, bool) and self.time_scale is not None:
            try:
                cells[TIMESTAMP] = from_microseconds(time * self.time_scale // 1_000)
            except (ValueError, OverflowError):
                raise ItemFaultError(f"/{TIMESTAMP}", "invalid_field", OUT_OF_RANGE) from None
        return fields_of_cells(cells)


@dataclass(frozen=True, slots=True)
class LostRows:
    """Records of a block that can't be read, since their bytes are none; those of other blocks can."""

    number: int
    """The first one's, counted from 1."""
    count: int


def read_avro(file: BinaryIO) -> Iterator[Record]:
    """The file's records in order; fields that are no reading's are ignored.

    Raises InvalidFileError when it is no Avro, or its schema is no record of plain fields with timestamp and value.
    """
    for rows in read_blocks(file, MAX_BLOCK_BYTES):
        for row in rows:
            yield _lost(row) if isinstance(row, LostRows) else _record(row)


def read_blocks(
    file: BinaryIO, max_block: int, max_total: int | None = None, max_rows: int | None = None
) -> Iterator[Iterator[Row | LostRows]]:
    """The rows of each block. Raises InvalidFileError, TooLargeError (see `blocks`).

    A block that would make more than `max_rows` is given as its number of rows without reading them: `LostRows`.
    """
    header = read_header(file)
    schema, columns, time_scale = _schema(header.schema)
    number = 0
    for count, content in blocks(file, header, max_block, max_total):
        if max_rows is not None and number + count > max_rows:
            yield iter([LostRows(number + 1, count)])
        else:
            yield _rows(content, count, number, schema, columns, time_scale)
        number += count


def _rows(
    content: bytes, count: int, before: int, schema: Schema, columns: Mapping[str, str], time_scale: int | None
) -> Iterator[Row | LostRows]:
    number = before
    try:
        for record in records(content, count, schema):
            number += 1
            yield Row(number, {field: _cell(record[name]) for field, name in columns.items()}, time_scale)
    except EOFError:
        yield LostRows(number + 1, before + count - number)


def _cell(value: object) -> object:
    """A text that is not UTF-8 is none, and so costs its row only."""
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode(errors="surrogateescape")
    return value


def _record(row: Row) -> Record:
    place = f"row {row.number}"
    try:
        return measurement(place, row.number, row.sent, row.fields())
    except ItemFaultError as fault:
        return BadItem(place, f"{fault.detail} (column {fault.pointer[1:]})")


def _lost(rows: LostRows) -> BadItem:
    more = f", nor are the {rows.count - 1} after it" if rows.count > 1 else ""
    return BadItem(f"row {rows.number}", UNREADABLE_RECORD + more)


def _schema(text: bytes) -> tuple[Schema, dict[str, str], int | None]:
    """The schema in plain types under names of our own, which field is which column, and the unit of times."""
    try:
        found = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        raise InvalidFileError("has a schema that is no JSON") from None
    fields = found.get("fields") if isinstance(found, dict) and found.get("type") == "record" else None
    if not isinstance(fields, list) or not all(isinstance(field, dict) for field in fields):
        raise InvalidFileError("has a schema that is no record")
    names = [str(field.get("name")) for field in fields]
    columns = find_columns(names)
    plain = [
        {"name": f"c{index}", "type": _plain_type(name, field.get("type"), f"e{index}")}
        for index, (name, field) in enumerate(zip(names, fields, strict=True))
    ]
    schema: Schema = {"type": "record", "name": "row", "fields": plain}
    try:
        parsed = fastavro.parse_schema(schema)
    except (SchemaParseException, UnknownType, *UNREADABLE) as error:
        raise InvalidFileError(f"has a schema that can't be used: {str(error)[:200]}") from None
    time = fields[columns[TIMESTAMP]].get("type")
    return parsed, {field: f"c{index}" for field, index in columns.items()}, _time_scale(_choices(time))


def _choices(kind: object) -> Sequence[object]:
    return kind if isinstance(kind, list) else [kind]


def _plain_type(name: str, kind: object, enum_name: str) -> Any:
    types: list[object] = []
    for choice in _choices(kind):
        inner = choice.get("type") if isinstance(choice, dict) else choice
        if isinstance(inner, str) and inner in _PRIMITIVES:
            types.append(inner)
        elif isinstance(choice, dict) and inner == "enum":
            types.append({"type": "enum", "name": f"{enum_name}_{len(types)}", "symbols": choice.get("symbols")})
        else:
            raise InvalidFileError(f"has the field {name[:80]!r} of a type that is not plain; leave it out")
    return types if isinstance(kind, list) else types[0]


def _time_scale(choices: Sequence[object]) -> int | None:
    """Nanoseconds of a time's number by its logical type; a bare number is no time."""
    for choice in choices:
        logical = str(choice.get("logicalType", "")) if isinstance(choice, dict) else ""
        if logical == "date":
            return _DAY_NANOSECONDS
        unit = logical.removeprefix("local-").removeprefix("timestamp-")
        if unit != logical and unit in _NANOSECONDS:
            return _NANOSECONDS[unit]
    return None
