"""InfluxDB line protocol: the grammar, bytes → points. Pure; `points` maps them to readings.

https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/, and where it is silent the grammar of
InfluxData's own parser, https://github.com/influxdata/line-protocol (line-protocol.ebnf).
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

# A backslash takes a separator's meaning; before any other character it stands for itself. Of several before a
# separator InfluxDB's parsers and reference make different things: they are refused. So is a control character.
# Possessive quantifiers (`*+`) keep the time linear whatever the text.
_CONTROL = r"\x00-\x1f\x7f"
_KEY = rf"(?=[^,= {_CONTROL}])[^,= \\{_CONTROL}]*+(?:(?:\\[,= ]|\\++(?=[^,= {_CONTROL}]))[^,= \\{_CONTROL}]*+)*+"
_MEASUREMENT = rf"(?=[^, {_CONTROL}])[^, \\{_CONTROL}]*+(?:(?:\\[, ]|\\++(?=[^, {_CONTROL}]))[^, \\{_CONTROL}]*+)*+"
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_VALUE = rf'(?:{_STRING}|[^", \r\n][^, \r\n]*+)'
_SERIES = rf"{_MEASUREMENT}(?:,{_KEY}={_KEY})*+"
_FIELDS = rf"{_KEY}={_VALUE}(?:,{_KEY}={_VALUE})*+"
_LINE = re.compile(rf"[ \t]*+(?!#)({_SERIES}) ++({_FIELDS})(?: ++(-?[0-9]++))?[ \r]*+(?=\n|\Z)", re.DOTALL)
_BLANK = re.compile(r"[ \t\r]*+(?:#[^\n]*+)?(?=\n|\Z)")
# How far a line reaches that is not a point: what stands in its strings is no line of its own.
_EXTENT = re.compile(rf"[ \t]*+(?:\\[^\n]|[^ \n])*+(?:\\[^\n]|={_STRING}|[^\n])*+", re.DOTALL)
_NOT_UTF8 = re.compile(r"[\ud800-\udfff]")
_TAG = re.compile(rf",({_KEY})=({_KEY})")
_FIELD = re.compile(rf",?({_KEY})=({_VALUE})", re.DOTALL)
_ESCAPED = re.compile(r"\\([,= ])")
_ESCAPED_IN_MEASUREMENT = re.compile(r"\\([, ])")
_ESCAPED_IN_STRING = re.compile(r'\\(["\\])')

_BOOLEANS = {text: text[0] in "tT" for text in ("t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE")}
_FLOAT = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"-?[0-9]{1,20}i")
_UNSIGNED = re.compile(r"[0-9]{1,20}u")
_INT64, _UINT64 = 2**63, 2**64
_LARGEST = 1.7976931348623157e308

MAX_SHOWN = 64

RESERVED_KEY = "time"
"""No tag and no field can have it, nor a name that begins with `_`."""

FieldValue = float | int | bool | str

_Value = TypeVar("_Value")


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

    A byte order mark at its start is skipped. A line that is not UTF-8 is a broken one; in the text its wrong bytes
    are lone surrogates.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        return (text := body.decode()), _scan(text)
    except UnicodeDecodeError:
        text = body.decode(errors="surrogateescape")
        return text, (_require_utf8(text, line) for line in _scan(text))


def _scan(text: str) -> Iterator[Line | BrokenLine]:
    number, position = 1, 0
    while position < len(text):
        start = position
        if match := _LINE.match(text, start):
            yield Line(number, start, match[1], match[2], match[3] or "")
        elif not (match := _BLANK.match(text, start)):
            match = _EXTENT.match(text, start)
            assert match is not None  # noqa: S101 - it matches the empty text too
            yield BrokenLine(number, start, _cause(match[0]))
        # A string may hold line breaks.
        number += text.count("\n", start, match.end()) + 1
        position = match.end() + 1


def _require_utf8(text: str, line: Line | BrokenLine) -> Line | BrokenLine:
    extent = _EXTENT.match(text, line.start)
    wrong = _NOT_UTF8.search(text, line.start, extent.end() if extent else line.start)
    if wrong is None:
        return line
    position = len(text[line.start : wrong.start()].encode(errors="surrogateescape"))
    return BrokenLine(line.number, line.start, f"not UTF-8 at byte {position} of the line")


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
    if rest.startswith("\\"):
        return "a backslash at the end of a name, or several before a separator, is ambiguous; send one to escape"
    if not rest.startswith(" "):
        return f"unexpected {rest[0]!r} in the measurement or its tags; escape it, or leave out a control character"
    fields = re.match(rf" ++{_FIELDS}", rest, re.DOTALL)
    if fields is None:
        return "missing field key or field value; a field is `key=value`, a string value stands in double quotes"
    rest = rest[fields.end() :]
    if rest.startswith(","):
        return "missing field key or field value after a comma"
    return f"invalid timestamp {rest.strip()[:40]!r}; it is an integer"


def read_series(series: str) -> tuple[str, dict[str, str]]:
    """Measurement and tags of a line's first part, escapes resolved.

    Raises ValueError when a key is there twice, or it or the measurement is reserved.
    """
    measurement = re.match(_MEASUREMENT, series)
    assert measurement is not None  # noqa: S101 - the line matched
    tags = [(read_key(key), _unescape(value)) for key, value in _TAG.findall(series, measurement.end())]
    name = measurement[0]
    if name.startswith("_"):
        raise ValueError(f"the measurement {_shown(name)} begins with _, which InfluxDB reserves; rename it")
    return (_ESCAPED_IN_MEASUREMENT.sub(r"\1", name) if "\\" in name else name), by_key(tags, "tag")


def split_fields(fields: str) -> list[tuple[str, str]]:
    """The fields of a line's second part; keys and values still as they are written."""
    if '"' in fields or "\\" in fields:
        return _FIELD.findall(fields)
    return [(key, value) for key, _, value in (field.partition("=") for field in fields.split(","))]


def by_key(pairs: Sequence[tuple[str, _Value]], kind: str) -> dict[str, _Value]:
    """Tags or fields by their keys. Raises ValueError naming the key that is there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise ValueError(f"the {kind} {_shown(twice)} is there more than once; send one")
    return found


def read_key(key: str) -> str:
    """A tag's or field's key, escapes resolved. Raises ValueError when it is reserved."""
    if key.startswith("_") or key == RESERVED_KEY:
        raise ValueError(f"the key {_shown(key)} is reserved by InfluxDB; rename it: none begins with _ or is 'time'")
    return _unescape(key)


def _shown(name: str) -> str:
    """A name in an answer, which must not grow with what was sent."""
    return repr(name) if len(name) <= MAX_SHOWN else f"{name[:MAX_SHOWN]!r}…"


def _unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def read_value(text: str) -> FieldValue:
    """The value of a field. Raises ValueError saying what is wrong with it."""
    if text[0] == '"':
        return _ESCAPED_IN_STRING.sub(r"\1", text[1:-1])
    last = text[-1]
    if last == "i" and _INTEGER.fullmatch(text):
        return _in_range(text, -_INT64, _INT64)
    if last == "u" and _UNSIGNED.fullmatch(text):
        return _in_range(text, 0, _UINT64)
    if _FLOAT.fullmatch(text):
        value = float(text)
        if not -_LARGEST <= value <= _LARGEST:
            raise ValueError(f"invalid field value: {text[:40]!r} is out of the range of a float")
        return value
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    raise ValueError(f"invalid field value: {text[:40]!r} is no number, boolean or string in double quotes")


def _in_range(text: str, low: int, end: int) -> int:
    number = int(text[:-1])
    if not low <= number < end:
        raise ValueError(f"invalid field value: {text!r} is out of the range of 64 bits")
    return number
