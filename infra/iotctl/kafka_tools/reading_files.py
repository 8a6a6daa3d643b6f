"""Files of readings: a JSON object, a JSON array or NDJSON becomes items with ids, in batches. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any
from uuid import UUID, uuid5

NAMESPACE = UUID("5f3d7c7e-6a0e-5b52-9d3b-2a4f0c8e6d11")
"""Of the ids that are derived from an item's place and content."""


@dataclass(frozen=True)
class Item:
    """One item of a file: its place (a line from 1, or an index from 0) and its value, or what is wrong with it."""

    place: str
    value: Any = None
    trouble: str = ""


def items_of(lines: Iterable[str]) -> Iterator[Item]:
    """Yield the items of a file.

    A file that starts with `[` is one JSON array, and an object that goes over several lines is one reading; anything
    else is NDJSON, which is read line by line, so it may be of any size. Raises ValueError for a broken document.
    """
    numbered = enumerate(lines, 1)
    number, first = next(((n, line.removeprefix("\ufeff")) for n, line in numbered if line.strip()), (1, ""))
    if first.lstrip().startswith("[") or (first.lstrip().startswith("{") and not _is_json(first)):
        yield from _of_document(first + "".join(line for _, line in numbered))
        return
    for place, line in chain([(number, first)], numbered):
        if line.strip():
            yield _of_line(place, line)


def _of_document(text: str) -> Iterator[Item]:
    try:
        document = _parse(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    for index, value in enumerate(document if isinstance(document, list) else [document]):
        yield Item(f"item {index}", value)


def _of_line(number: int, line: str) -> Item:
    try:
        return Item(f"line {number}", _parse(line))
    except json.JSONDecodeError as error:
        return Item(f"line {number}", trouble=f"not JSON at column {error.colno}: {error.msg}")
    except ValueError as error:
        return Item(f"line {number}", trouble=str(error))


def _parse(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"not JSON: {constant} is no number that JSON has")


def with_reading_id(item: Item) -> Item:
    """Return the item with a reading_id: its own, or one made of its place and content, the same each time."""
    if not isinstance(item.value, dict) or item.value.get("reading_id") is not None:
        return item
    content = json.dumps(item.value, sort_keys=True, ensure_ascii=False)
    return Item(item.place, {"reading_id": str(uuid5(NAMESPACE, f"{item.place}\n{content}")), **item.value})


def in_batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in lists of at most `size`."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
