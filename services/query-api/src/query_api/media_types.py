"""Rows in the form that a client asks for by `Accept`: one of these, JSON for whoever takes anything."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import Request

JSON: Final = "application/json"
CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
ARROW: Final = "application/vnd.apache.arrow.stream"
PARQUET: Final = "application/vnd.apache.parquet"
TEXTS: Final = (JSON, CSV, NDJSON)


def media_type_of(request: Request, known: Sequence[str] = TEXTS) -> str:
    """The first form that the client names and there is; JSON for whoever takes anything."""
    for accepted in request.headers.get("accept", "").split(","):
        name = accepted.partition(";")[0].strip().lower()
        if name in known:
            return name
    return JSON


def csv_rows(names: Sequence[str], rows: Sequence[Sequence[Any]], encode: Callable[[Any], bytes]) -> bytes:
    """A line of names, and a line a row; null is empty, and `encode` says what a nested value is."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([["" if value is None else _text(value, encode) for value in row] for row in rows])
    return text.getvalue().encode()


def ndjson_rows(names: Sequence[str], rows: Sequence[Sequence[Any]], encode: Callable[[Any], bytes]) -> bytes:
    """An object a line."""
    return b"".join(encode(dict(zip(names, row, strict=True))) + b"\n" for row in rows)


def table_rows(table: pa.Table, media_type: str) -> bytes:
    """A table in any form but JSON, times in UTC."""
    if media_type == ARROW:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        return bytes(sink.getvalue())
    if media_type == PARQUET:
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        return bytes(sink.getvalue())
    rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    write = csv_rows if media_type == CSV else ndjson_rows
    return write(table.schema.names, rows, msgspec.json.encode)


def _text(value: Any, encode: Callable[[Any], bytes]) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, dict | list | tuple):
        return encode(value).decode()
    return value
