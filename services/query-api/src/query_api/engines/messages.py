"""What crosses between the service and a worker: MessagePack, which runs nothing when it is read.

A message is its length in eight bytes, then the message; an open file may come along with the length.
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

T = TypeVar("T")
MAX_ANSWER_MB: Final = 64
"""Maximum length of an answer; 100,000 whole readings have some 15 MiB."""
SUMMARIES: Final = ("hourly", "minutely")
"""Views that come with the statement that asks them."""
_LENGTH_BYTES: Final = 8


class Setup(msgspec.Struct, frozen=True):
    """What a worker is started with: the memory that a statement may take in all, and DuckDB's configuration."""

    limit_bytes: int
    config: Mapping[str, str | bool | int]


class Ask(msgspec.Struct, frozen=True):
    """One statement, and what it may read.

    `relation` is the SELECT of all readings, `views` are others by their names, over local files at `paths` and over
    `tables`: name, first byte and end of an Arrow stream in the file that comes with the message.
    """

    text: str
    parameters: Any
    limit: int
    relation: str
    views: Mapping[str, str]
    paths: Sequence[str]
    tables: Sequence[tuple[str, int, int]]


class Rows(msgspec.Struct, frozen=True, tag=True):
    """Columns with DuckDB's types, and rows: one more than the limit when there are more."""

    columns: list[tuple[str, str]]
    rows: list[tuple[Any, ...]]


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The statement may not run."""

    detail: str


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The engine does not understand the statement, or it failed."""

    detail: str


class TooLarge(msgspec.Struct, frozen=True, tag=True):
    """The statement needed more than it may use."""

    detail: str = "the statement needs more memory than allowed: narrow it, or raise QUERY_API_MEMORY_LIMIT_MB"


Outcome = Rows | Refused | Failed | TooLarge


class Answer(msgspec.Struct, frozen=True):
    """What became of a statement; a worker that `is_spent` has too little memory left for another one."""

    outcome: Outcome
    is_spent: bool


_BY_TYPE: Final[dict[type, tuple[int, Callable[[Any], Any], Callable[[Any], Any]]]] = {
    Decimal: (1, str, Decimal),
    UUID: (2, lambda value: value.bytes, lambda value: UUID(bytes=value)),
    date: (3, date.isoformat, date.fromisoformat),
    time: (4, time.isoformat, time.fromisoformat),
    datetime: (5, datetime.isoformat, datetime.fromisoformat),
    timedelta: (6, lambda value: (value.days, value.seconds, value.microseconds), lambda value: timedelta(*value)),
    int: (7, str, int),
    tuple: (8, lambda value: [packable(one) for one in value], tuple),
    dict: (9, lambda value: [(packable(key), packable(one)) for key, one in value.items()], dict),
}
"""Type → code, what stands for a value in MessagePack, and the value again. An `int` is one of more than 64 bits."""
_BY_CODE: Final = {code: restore for code, _, restore in _BY_TYPE.values()}


def packable(value: Any) -> Any:
    """A value of DuckDB's as MessagePack has it; what it has no form of becomes an extension. Raises TypeError."""
    kind = type(value)
    if value is None or kind in (bool, float, str, bytes):
        return value
    if kind is int and -(1 << 63) <= value < 1 << 64:
        return value
    if kind is datetime and value.tzinfo is not None:
        return value
    if kind is list:
        return [packable(one) for one in value]
    if kind not in _BY_TYPE:
        raise TypeError(f"a value of type {kind.__name__} cannot be answered")
    code, form, _ = _BY_TYPE[kind]
    return msgspec.msgpack.Ext(code, msgspec.msgpack.encode(form(value)))


def _restored(code: int, data: memoryview) -> Any:
    return _BY_CODE[code](msgspec.msgpack.decode(data, ext_hook=_restored))


def encode(message: msgspec.Struct) -> bytes:
    """A message as bytes; values in it are `packable`."""
    return msgspec.msgpack.encode(message)


def decode(data: bytes | bytearray, kind: type[T]) -> T:
    """The message again. Raises msgspec.DecodeError."""
    return msgspec.msgpack.decode(data, type=kind, ext_hook=_restored)


def send(connection: socket.socket, data: bytes, files: Sequence[int] = ()) -> None:
    """Send a message, with open files. Raises OSError when the other side has ended."""
    length = len(data).to_bytes(_LENGTH_BYTES, "big")
    socket.send_fds(connection, [length], files)
    connection.sendall(data)


def receive(connection: socket.socket, *, max_bytes: int, files: int = 0) -> tuple[bytearray, list[int]]:
    """The next message and up to so many open files. Raises EOFError at the end, or when it is too long."""
    first, received, _, _ = socket.recv_fds(connection, _LENGTH_BYTES, files)
    length = int.from_bytes(_exactly(connection, _LENGTH_BYTES, first), "big")
    if length > max_bytes:
        raise EOFError(f"a message of {length} bytes is too long")
    return _exactly(connection, length), received


def _exactly(connection: socket.socket, length: int, first: bytes = b"") -> bytearray:
    data = bytearray(length)
    data[: len(first)] = first
    view, filled = memoryview(data), len(first)
    while filled < length:
        count = connection.recv_into(view[filled:])
        if count == 0:
            raise EOFError("the other side has ended")
        filled += count
    return data


def paths_text(paths: Sequence[str]) -> str:
    """Paths as a list in SQL; they are the service's own, and quoted all the same."""
    return "[" + ", ".join("'" + path.replace("'", "''") + "'" for path in paths) + "]"
