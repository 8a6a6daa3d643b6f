"""Files of readings as items to post: the readers are domain's; here each item becomes JSON with an id. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO
from uuid import UUID, uuid5

import msgspec

from iot_domain.reading_files.files import reader_of
from iot_domain.reading_files.json import items_of as items_of_document
from iot_domain.reading_files.json import read_json, read_or_say_why
from iot_domain.reading_files.json_items import BOM, read_fields
from iot_domain.reading_files.ndjson import lines_of
from iot_domain.reading_files.records import BadItem, Measurement, fields_of

NAMESPACE = UUID("5f3d7c7e-6a0e-5b52-9d3b-2a4f0c8e6d11")
"""Of the ids that are derived from an item's place and content."""
TABLES = (".avro", ".csv", ".parquet")
_BY_LINE = (".ndjson", ".jsonl")


@dataclass(frozen=True)
class Item:
    """One item of a file: its place (a line or row from 1, or an index from 0) and its JSON as it is to be posted."""

    place: str
    text: bytes


def read_items(file: BinaryIO, ending: str) -> Iterator[Item | BadItem]:
    """Yield the items of a file with that ending: Avro, CSV, Parquet, or JSON in any form.

    JSON that starts with `[` is one array, and an object that goes over several lines is one reading; anything else is
    NDJSON, which is read line by line, so it may be of any size. What an item says is left to ingest-api; what JSON
    leaves ambiguous is not. Raises InvalidFileError for a broken file, ImportError for Parquet without pyarrow.
    """
    if ending in TABLES:
        for record in reader_of(ending, otherwise=read_json)(file):
            yield record if isinstance(record, BadItem) else _of_row(record)
        return
    lines = iter(file)
    start = list(_up_to_second_text(lines))
    if ending not in _BY_LINE and _is_document([line for line in start if line.strip()]):
        document = b"".join(chain(start, lines))
        for number, item in enumerate(items_of_document(document)):
            yield _of_json(f"item {number}", item)
        return
    for number, line in lines_of(chain(start, lines)):
        yield _of_json(f"line {number}", line)


def _up_to_second_text(lines: Iterator[bytes]) -> Iterator[bytes]:
    texts = 0
    for line in lines:
        yield line
        texts += bool(line.strip())
        if texts == 2:
            return


def _is_document(texts: list[bytes]) -> bool:
    """Whether a file whose first lines that are not blank are these is one JSON document, not a value a line."""
    first, second = (*(text.removeprefix(BOM).lstrip() for text in texts), b"", b"")[:2]
    if first.startswith(b"{"):
        return bool(second) and not second.startswith(b"{") and not _is_json(first)
    return first.startswith(b"[")


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _of_row(row: Measurement) -> Item | BadItem:
    if row.missing:
        missing = ", ".join(row.missing)
        return BadItem(
            row.place, f"says no {missing}; add the columns, or play it as one sensor: simulator replay FILE"
        )
    reading_id = row.reading_id or uuid5(NAMESPACE, f"{row.place}\n{row.sensor_id}\n{row.sent}")
    return Item(row.place, msgspec.json.encode(fields_of(row) | {"reading_id": reading_id}))


def _of_json(place: str, text: bytes) -> Item | BadItem:
    return read_or_say_why(place, text, lambda text: Item(place, _with_reading_id(place, text)))


def _with_reading_id(place: str, text: bytes) -> bytes:
    """Return an object with a reading_id: its own, or one made of its place and content, the same each time."""
    fields = dict(read_fields(text))
    if bytes(fields.get("reading_id", b"null")) == b"null":
        content = "\n".join(f"{name}:{bytes(value).decode()}" for name, value in sorted(fields.items()))
        fields["reading_id"] = msgspec.Raw(msgspec.json.encode(uuid5(NAMESPACE, f"{place}\n{content}")))
    return msgspec.json.encode(fields)


def in_batches(items: Iterable[Item | BadItem], size: int) -> Iterator[list[Item | BadItem]]:
    """Yield the items in lists of at most `size`."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
