"""`iot.readings`: every valid reading once. Written by each micro-batch."""

from collections.abc import Mapping

import msgspec
from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import BATCH_ID_PROPERTY, OFFSETS_PROPERTY, QUERY_ID_PROPERTY, RULES_PROPERTY
from stream_processor.tables.offsets import Offsets, encode_offsets
from stream_processor.tables.snapshots import Snapshot


def is_past(committed: Offsets) -> Column:
    """Whether a row's message lies at or above the committed offset of its partition."""
    condition = F.lit(True)
    for partition, offset in committed.items():
        condition = condition & ((F.col("kafka_partition") != partition) | (F.col("kafka_offset") >= offset))
    return condition


def snapshot_properties(
    committed: Offsets, query_id: str, batch_id: int, rule_offsets: Mapping[str, int]
) -> dict[str, str]:
    """What the batch's snapshot says of itself."""
    return {
        OFFSETS_PROPERTY: encode_offsets(committed),
        QUERY_ID_PROPERTY: query_id,
        BATCH_ID_PROPERTY: str(batch_id),
        RULES_PROPERTY: msgspec.json.encode(rule_offsets).decode(),
    }


def rules_of(newest: Snapshot | None) -> dict[str, int]:
    """By which rules the newest batch was judged: topic → offset up to which they were known."""
    text = newest.properties.get(RULES_PROPERTY) if newest else None
    return msgspec.json.decode(text, type=dict[str, int]) if text else {}
