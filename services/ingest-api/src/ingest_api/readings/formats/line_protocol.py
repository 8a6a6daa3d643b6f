"""InfluxDB line protocol: the grammar, bytes → points. Pure; `points` maps them to readings.

https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ingest_api.errors import MalformedBodyError

# A backslash takes the next character's special meaning; before any other character it stands for itself.
# Possessive quantifiers (`*+`) keep the time linear whatever the text.
_KEY = r"(?=[^,= \n])[^,= \\\n]*+(?:\\[^\n][^,= \\\n]*+|\\(?=\n|\Z))*+"
_MEASUREMENT = r"(?=[^, \n])[^, \\\n]*+(?:\\[^\n][^, \\\n]*+|\\(?=\n|\Z))*+"
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_VALUE = rf'(?:{_STRING}|[^", \r\n][^, \r\n]*+)'
_SERIES = rf"{_MEASUREMENT}(?:,{_KEY}={_KEY})*+"
_FIELDS = rf"{_KEY}={_VALUE}(?:,{_KEY}={_VALUE})*+"
_LINE = re.compile(rf"[ \t]*+({_SERIES}) ++({_FIELDS})(?: ++(-?[0-9]++))?[ \r]*+(?=\n|\Z)", re.DOTALL)
_BLANK = re.compile(r"[ \t\r]*+(?:#[^\n]*+)?(?=\n|\Z)")
_TAG = re.compile(rf",({_KEY})=({_KEY})")
_FIELD = re.compile(rf",?({_KEY})=({_VALUE})", re.DOTALL)
_ESCAPED = re.compile(r"\\([,= ])")
_ESCAPED_IN_MEASUREMENT = re.compile(r"\\([, ])")
_ESCAPED_IN_STRING = re.compile(r'\\(["\\])')

_BOOLEANS = {text: text[0] in "tT" for text in ("t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE")}
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}i")
_UNSIGNED = re.compile(r"[0-9]{1,20}u")
_INT64, _UINT64 = 2**63, 2**64
_LARGEST = 1.7976931348623157e308

FieldValue = float | bool | str
"""A field: integers are read as floats, exact up to 2**53."""


class Line(NamedTuple):
    """A line that has the shape of a point; its parts are not yet taken apart."""

    number: int
    start: int
    series: str
    fields: str
    time: str


class BrokenLine(NamedTuple):
    """A line that has not, and why."""

    number: int
    start: int
    cause: str


def read_lines(body: bytes) -> tuple[str, Iterator[Line | BrokenLine]]:
    """The text and its lines but for blank ones and comments; numbers count from 1, starts are offsets in the text.

    Raises MalformedBodyError naming the line when the body is not UTF-8.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        number = body.count(b"\n", 0, error.start) + 1
        raise MalformedBodyError(f"line {number}: not UTF-8 at byte {error.start}. Nothing was taken") from None
    return text, _scan(text)


def _scan(text: str) -> Iterator[Line | BrokenLine]:
    number, position = 1, 0
    while position < len(text):
        start = position
        if match := _LINE.match(text, start):
            yield Line(number, start, match[1], match[2], match[3] or "")
        elif not (match := _BLANK.match(text, start)):
            yield BrokenLine(number, start, _cause(text[start : _line_end(text, start)]))
        end = match.end() if match else _line_end(text, start)
        # A string may hold line breaks.
        number += text.count("\n", start, end) + 1
        position = end + 1


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _cause(line: str) -> str:
    """What is wrong with a line that `_LINE` does not match."""
    series = re.match(rf"[ \t]*+{_SERIES}", line)
    if series is None:
        return "missing measurement; a line is `measurement,tag=value field=value timestamp`"
    rest = line[series.end() :].rstrip("\r ")
    if rest.startswith(","):
        return "missing tag key or tag value; a tag is `key=value` and neither is empty"
    if not rest:
        return "missing fields; after the measurement and its tags comes a space and `field=value`"
    if not rest.startswith(" "):
        return f"unexpected {rest[0]!r} in the measurement or its tags; escape it with a backslash"
    fields = re.match(rf" ++{_FIELDS}", rest, re.DOTALL)
    if fields is None:
        return "missing field key or field value; a field is `key=value`, a string value stands in double quotes"
    rest = rest[fields.end() :]
    if rest.startswith(","):
        return "missing field key or field value after a comma"
    return f"invalid timestamp {rest.strip()[:40]!r}; it is an integer"


def read_series(series: str) -> tuple[str, dict[str, str]]:
    """Measurement and tags of a line's first part, escapes resolved."""
    measurement = re.match(_MEASUREMENT, series)
    assert measurement is not None  # noqa: S101 - the line matched
    tags = {_unescape(key): _unescape(value) for key, value in _TAG.findall(series, measurement.end())}
    name = measurement[0]
    return (_ESCAPED_IN_MEASUREMENT.sub(r"\1", name) if "\\" in name else name), tags


def split_fields(fields: str) -> list[tuple[str, str]]:
    """The fields of a line's second part; keys and values still as they are written."""
    if '"' in fields or "\\" in fields:
        return _FIELD.findall(fields)
    return [(key, value) for key, _, value in (field.partition("=") for field in fields.split(","))]


def read_key(key: str) -> str:
    """A field's key, escapes resolved."""
    return _unescape(key)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def read_value(text: str) -> FieldValue:
    """The value of a field. Raises ValueError saying what is wrong with it."""
    last = text[-1]
    if last == '"':
        return _ESCAPED_IN_STRING.sub(r"\1", text[1:-1])
    if last == "i" and _INTEGER.fullmatch(text):
        return float(_in_range(text, -_INT64, _INT64))
    if last == "u" and _UNSIGNED.fullmatch(text):
        return float(_in_range(text, 0, _UINT64))
    if _FLOAT.fullmatch(text):
        value = float(text)
        if not -_LARGEST <= value <= _LARGEST:
            raise ValueError(f"{text[:40]!r} is out of the range of a float")
        return value
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    raise ValueError(f"{text[:40]!r} is no number, boolean or string in double quotes")


def _in_range(text: str, low: int, end: int) -> int:
    number = int(text[:-1])
    if not low <= number < end:
        raise ValueError(f"{text!r} is out of the range of 64 bits")
    return number
