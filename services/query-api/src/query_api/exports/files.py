"""Writes readings to a file, a batch at a time, so that memory holds no more than that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from query_api.exports.schemas import Format
from query_api.media_types import ndjson_rows

Write = Callable[[pa.RecordBatch], object]
_RFC3339: Final = "%Y-%m-%dT%H:%M:%SZ"


@contextmanager
def writing(path: Path, format_: Format, schema: pa.Schema) -> Iterator[Write]:
    """Something that appends batches of this schema to a file, which is complete when the block ends."""
    match format_:
        case Format.PARQUET:
            with pq.ParquetWriter(path, schema, compression="zstd") as file:
                yield file.write_batch
        case Format.ARROW:
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, schema) as stream:
                yield stream.write_batch
        case Format.CSV:
            texts = pa.schema([_as_text(field) for field in schema])
            with pyarrow.csv.CSVWriter(path, texts) as file:
                yield lambda batch: file.write_batch(_with_texts(batch, texts))
        case Format.NDJSON:
            with path.open("wb", buffering=0) as file:
                yield lambda batch: file.write(_lines(batch))


def _as_text(field: pa.Field) -> pa.Field:
    return pa.field(field.name, pa.string()) if pa.types.is_timestamp(field.type) else field


def _with_texts(batch: pa.RecordBatch, texts: pa.Schema) -> pa.RecordBatch:
    """Times as RFC 3339 has them; Arrow writes a space for the T."""
    columns = [
        pc.strftime(column, _RFC3339) if pa.types.is_timestamp(column.type) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=texts)


def _lines(batch: pa.RecordBatch) -> bytes:
    rows = list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    return ndjson_rows(batch.schema.names, rows, msgspec.json.encode)
