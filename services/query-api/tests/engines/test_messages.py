"""What crosses between the service and a worker comes out as it went in."""

import os
import socket
from typing import Any

import duckdb
import msgspec
import pytest

from query_api.engines.messages import Answer, Rows, decode, encode, packable, receive, send

VALUES = [
    "NULL",
    "true",
    "18446744073709551615::UBIGINT",
    "-170141183460469231731687303715884105727::HUGEINT",
    "1.5::FLOAT",
    "'-inf'::DOUBLE",
    "1.50::DECIMAL(10, 2)",
    "123456789012345678901234567890.12::DECIMAL(38, 2)",
    "'é'",
    "'\\x00\\xFF'::BLOB",
    "DATE '2026-03-01'",
    "'infinity'::DATE",
    "TIME '12:00:00.5'",
    "'12:00:00+02'::TIMETZ",
    "TIMESTAMP '2026-03-01 12:00:00.123456'",
    "'2026-03-01 12:00:00.123456+00'::TIMESTAMPTZ",
    "'infinity'::TIMESTAMPTZ",
    "INTERVAL '-1 day 3 hours 1 microsecond'",
    "'00000000-0000-0000-0000-000000000001'::UUID",
    "[[1.5::DECIMAL(4, 1)], NULL]",
    "array_value(1, 2)",
    "{'a': 1, 'b': [DATE '2026-03-01'], 'c': {'d': INTERVAL 1 hour}}",
    "row(1, DATE '2026-03-01')",
    "MAP {1: DATE '2026-03-01'}",
    "MAP {[1]: 2}",
    "MAP {row(1, 2): 3}",
    "'101'::BIT",
    "'a'::ENUM ('a', 'b')",
    "union_value(a := DATE '2026-03-01')",
    "'{\"a\": 1}'::JSON",
]


@pytest.mark.parametrize("text", VALUES)
def test_a_value_has_the_type_that_duckdb_gave_it(text: str) -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        [(value,)] = connection.execute(f"SELECT {text}").fetchall()
    answer = decode(encode(Answer(Rows([("x", "X")], [(packable(value),)]), is_spent=False)), Answer)
    assert isinstance(answer.outcome, Rows)
    [(same,)] = answer.outcome.rows
    assert (same, type(same)) == (value, type(value))
    assert msgspec.json.encode(_as_text(same)) == msgspec.json.encode(_as_text(value))


def _as_text(value: Any) -> Any:
    return {str(key): one for key, one in value.items()} if isinstance(value, dict) else value


def test_a_value_of_an_unknown_type_is_refused() -> None:
    with pytest.raises(TypeError, match="a value of type object cannot be answered"):
        packable([object()])


def test_a_file_comes_with_a_message(tmp_path: Any) -> None:
    one, other = socket.socketpair()
    with one, other, (tmp_path / "file").open("w+b") as file:
        file.write(b"in the file")
        file.flush()
        send(one, b"the message", [file.fileno()])
        data, [received] = receive(other, max_bytes=100, files=1)
        assert (bytes(data), os.pread(received, 100, 0)) == (b"the message", b"in the file")
        os.close(received)


def test_a_message_that_is_too_long_is_not_read() -> None:
    one, other = socket.socketpair()
    with one, other:
        send(one, b"x" * 101)
        with pytest.raises(EOFError, match="a message of 101 bytes is too long"):
            receive(other, max_bytes=100)


def test_an_end_in_the_midst_of_a_message_is_an_end() -> None:
    one, other = socket.socketpair()
    with other:
        one.sendall((10).to_bytes(8, "big") + b"half")
        one.close()
        with pytest.raises(EOFError):
            receive(other, max_bytes=100)
