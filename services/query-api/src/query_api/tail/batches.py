"""Readings of `iot-sensors` → columns. Pure."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, get_type_hints
from uuid import UUID

import msgspec
import pyarrow as pa

from iot_contracts.readings import Reading
from iot_domain.reading_columns import FIELDS_BY_COLUMN
from query_api.tail.tail import READING_SCHEMA

_UUIDS = {name for name, kind in get_type_hints(Reading).items() if kind is UUID}
_FIELDS = [(name in _UUIDS, attrgetter(name)) for name in FIELDS_BY_COLUMN.values()]


def to_batch(offsets: Sequence[int], readings: Sequence[Reading]) -> pa.RecordBatch:
    """Readings and the offsets they stand at as one record batch of READING_SCHEMA."""
    columns: list[Iterable[Any]] = []
    for is_uuid, value_of in _FIELDS:
        values = list(map(value_of, readings))
        columns.append(msgspec.to_builtins(values) if is_uuid else values)  # str() of a UUID is Python, and slow
    columns.append(offsets)
    return pa.record_batch(
        [pa.array(column, field.type) for column, field in zip(columns, READING_SCHEMA, strict=True)],
        schema=READING_SCHEMA,
    )
