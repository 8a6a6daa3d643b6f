"""A commit: a new snapshot of a table, announced on topic `iot-commits`."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

PartitionNumber = Annotated[str, Meta(pattern="^[0-9]{1,9}$")]


class Commit(Struct, frozen=True, kw_only=True):
    """A snapshot of `table` that holds all readings of `iot-sensors` below `offsets`.

    `offsets` maps each partition, as a string, to the offset of the first message that the snapshot
    does *not* hold. The snapshot's summary has the same offsets under
    `iot_contracts.tables.OFFSETS_PROPERTY`; this message only saves readers from polling.
    """

    table: Annotated[str, Meta(examples=["iot.readings"])]
    snapshot_id: int
    offsets: dict[PartitionNumber, Annotated[int, Meta(ge=0)]]
    query_id: Annotated[str, Meta(description="Id of the streaming query.")]
    batch_id: Annotated[int, Meta(ge=0, description="Micro-batch of that query.")]
    committed_at: Annotated[datetime, Meta(tz=True)]
