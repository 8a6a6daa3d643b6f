"""Parquet files as Iceberg wants them: a field id on every column, the rows of one partition value a file."""

from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from iot_contracts.tables import READINGS
from stream_processor.operator.columns import ARROW_TYPES
from stream_processor.operator.facts import TableFile

ROW_GROUP_ROWS = 250_000
_DAY_US = 86_400_000_000


def file_schema(field_ids: Mapping[str, int]) -> pa.Schema:
    """The columns of `iot.readings`; `field_ids` are the table's own."""
    return pa.schema(
        pa.field(
            column.name,
            ARROW_TYPES[column.type],
            nullable=not column.required,
            metadata={"PARQUET:field_id": str(field_ids[column.name])},
        )
        for column in READINGS.columns
    )


def write_days(rows: list[pa.RecordBatch], schema: pa.Schema, folder: Path) -> list[TableFile]:
    """Write the rows, whose columns are the schema's, into a file a day; names are never used twice."""
    if not rows:
        return []
    table = pa.Table.from_batches(rows).cast(schema)
    days = table["event_timestamp"].cast(pa.int64()).to_numpy() // _DAY_US
    present = np.unique(days).tolist()
    return [_write(table if len(present) == 1 else table.filter(pa.array(days == day)), day, folder) for day in present]


def _write(table: pa.Table, day: int, folder: Path) -> TableFile:
    path = folder / f"{uuid4()}.parquet"
    pq.write_table(
        table, path, compression="zstd", row_group_size=ROW_GROUP_ROWS, write_statistics=True, store_schema=False
    )
    name = pc.strftime(pa.scalar(day * _DAY_US, pa.timestamp("us")), format="%Y-%m-%d").as_py()
    return TableFile(str(path), name, table.num_rows)
