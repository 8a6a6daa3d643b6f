"""`iot.readings`: every valid reading once. Written by each micro-batch."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import BATCH_ID_PROPERTY, OFFSETS_PROPERTY, QUERY_ID_PROPERTY, READINGS
from stream_processor.offsets import Offsets, encode_offsets
from stream_processor.transforms.route import is_valid

SMALL_BATCH_MESSAGES = 50_000
"""A batch up to this size becomes one file: writing in parallel only pays for larger ones."""


def rows_to_store(rows: DataFrame, border: Offsets, message_count: int) -> DataFrame:
    """The valid rows that the table does not hold yet, in the table's columns."""
    stored = rows.where(is_valid() & is_past(border)).select(*(column.name for column in READINGS.columns))
    return stored.coalesce(1) if message_count <= SMALL_BATCH_MESSAGES else stored


def is_past(border: Offsets) -> Column:
    """Whether a row's message lies at or above the border of its partition."""
    condition = F.lit(True)
    for partition, offset in border.items():
        condition = condition & ((F.col("kafka_partition") != partition) | (F.col("kafka_offset") >= offset))
    return condition


def snapshot_properties(border: Offsets, query_id: str, batch_id: int) -> dict[str, str]:
    """What the batch's snapshot says of itself."""
    return {
        OFFSETS_PROPERTY: encode_offsets(border),
        QUERY_ID_PROPERTY: query_id,
        BATCH_ID_PROPERTY: str(batch_id),
    }
