"""Messages of a partition → columns of readings, and the dead letters among them. Pure.

The verdict is that of `iot_domain.decoding`, by which query-api judges its tail: what the tail shows, the table holds.
"""

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from iot_contracts.readings import Reading
from iot_contracts.tables import READINGS
from iot_domain.decoding import Refusal, decode_reading
from iot_domain.identity import MAX_REMEMBERED_SENSORS
from iot_domain.reading_columns import FIELDS_BY_COLUMN
from stream_processor.operator.identity_table import U64, Identities, sensor_time

_TEXT_FIELDS = ("sensor_id", "sensor_type", "location", "unit")
_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


class Messages(NamedTuple):
    """Some messages of one partition, in the order of their offsets. Times: the broker's, microseconds since 1970."""

    values: Sequence[bytes | None]
    offsets: NDArray[np.int64]
    append_us: NDArray[np.int64]


class Refused(NamedTuple):
    """A message that is no reading, and why."""

    place: int
    refusal: Refusal


@dataclass(frozen=True)
class Columns:
    """The readings among some messages. `places`: of each among the messages."""

    places: NDArray[np.int64]
    readings: pa.RecordBatch
    offsets: NDArray[np.int64]
    append_us: NDArray[np.int64]
    event_us: NDArray[np.int64]
    values: NDArray[np.float64]
    battery: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.places)

    @classmethod
    def of(
        cls, readings: pa.RecordBatch, offsets: NDArray[np.int64], append_us: NDArray[np.int64] | None = None
    ) -> "Columns":
        """All of these readings, whose columns are READING_FIELDS."""
        return cls(
            places=np.arange(len(offsets)),
            readings=readings,
            offsets=offsets,
            append_us=np.zeros(len(offsets), np.int64) if append_us is None else append_us,
            event_us=readings.column("event_timestamp").cast(pa.int64()).to_numpy(zero_copy_only=False),
            values=readings.column("value").to_numpy(zero_copy_only=False),
            battery=readings.column("battery_level").to_numpy(zero_copy_only=False),
        )

    def where(self, mask: NDArray[np.bool_]) -> "Columns":
        """Those that the mask names."""
        if mask.all():
            return self
        return Columns(
            places=self.places[mask],
            readings=self.readings.filter(pa.array(mask)),
            offsets=self.offsets[mask],
            append_us=self.append_us[mask],
            event_us=self.event_us[mask],
            values=self.values[mask],
            battery=self.battery[mask],
        )

    def texts(self, name: str) -> list[str]:
        """A column of text as Python's strings."""
        texts: list[str] = self.readings.column(name).to_numpy(zero_copy_only=False).tolist()
        return texts


ARROW_TYPES = {
    "string": pa.string(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}
"""Iceberg's names of the contract's types in Arrow's terms."""
READING_FIELDS: tuple[pa.Field, ...] = tuple(
    pa.field(column.name, ARROW_TYPES[column.type]) for column in READINGS.columns if column.name in FIELDS_BY_COLUMN
)
_SCHEMA = pa.schema(READING_FIELDS)


def decode(messages: Messages) -> tuple[Columns, list[Refused]]:
    """Judge every message."""
    readings: list[Reading] = []
    found: list[int] = []
    refused: list[Refused] = []
    for place, verdict in enumerate(map(decode_reading, messages.values)):
        if isinstance(verdict, Refusal):
            refused.append(Refused(place, verdict))
        else:
            readings.append(verdict)
            found.append(place)
    places = np.array(found, np.int64)
    arrays = [_array(readings, field) for field in READING_FIELDS]
    batch = pa.record_batch(arrays, schema=_SCHEMA)
    columns = Columns.of(batch, messages.offsets[places], messages.append_us[places])
    return replace(columns, places=places), refused


def identities(columns: Columns, partition: int) -> Identities:
    """Who each reading is (`iot_domain.identity`), and a hash of all that it says."""
    ids = columns.readings.column("reading_id")
    digits = "".join(columns.texts("reading_id")).replace("-", "")
    words = np.frombuffer(bytes.fromhex(digits), ">u8").astype(np.uint64).reshape(len(ids), 2)
    sensors = columns.readings.column("sensor_id").dictionary_encode()
    codes = sensors.indices.to_numpy(zero_copy_only=False)
    names = sensors.dictionary.to_pylist()
    masks = np.array([_mask(partition, name) for name in names], np.uint64).reshape(-1, 2)
    hashes = np.array([sensor_hash(name) for name in names], np.uint64)
    return Identities(
        high=words[:, 0] ^ masks[codes, 0],
        low=words[:, 1] ^ masks[codes, 1],
        offsets=columns.offsets,
        content=_content(columns),
        sensor_time=sensor_time(hashes[codes], columns.event_us),
    )


def _content(columns: Columns) -> U64:
    """64 bits of everything but the identity: readings of one identity that differ in it contradict each other."""
    total: U64 = columns.values.view(np.uint64) * _FIRST
    total ^= columns.event_us.view(np.uint64) * _SECOND
    battery = np.nan_to_num(columns.battery, nan=-1.0).view(np.uint64)
    total = (total ^ (total >> np.uint64(29))) * _FIRST ^ battery
    truth = columns.readings.column("is_anomaly")
    total = (total ^ (total >> np.uint64(31))) * _SECOND ^ truth.cast(pa.int8()).fill_null(2).to_numpy(
        zero_copy_only=False
    ).astype(np.uint64)
    for name in _TEXT_FIELDS[1:]:
        column = columns.readings.column(name).dictionary_encode()
        hashes = np.array([_text_hash(text) for text in column.dictionary.to_pylist()], np.uint64)
        total = (total ^ (total >> np.uint64(30))) * _FIRST ^ hashes[column.indices.to_numpy(zero_copy_only=False)]
    return total


@functools.lru_cache(MAX_REMEMBERED_SENSORS)
def _mask(partition: int, sensor_id: str) -> tuple[int, int]:
    """The two words that mask the ids of a sensor's readings, as `iot_domain.identity` has them."""
    digest = hashlib.sha256(f"{partition} {sensor_id}".encode()).digest()
    return int.from_bytes(digest[:8]), int.from_bytes(digest[8:16])


def sensor_hash(sensor_id: str) -> int:
    """32 bits of a sensor's own."""
    return _text_hash(sensor_id) >> 32


@functools.lru_cache(MAX_REMEMBERED_SENSORS)
def _text_hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def _array(readings: list[Reading], field: pa.Field) -> pa.Array:
    values = list(map(attrgetter(FIELDS_BY_COLUMN[field.name]), readings))
    if field.name == "reading_id":
        values = msgspec.to_builtins(values)  # str() of a UUID is Python, and slow
    elif field.name == "event_timestamp":
        return pa.array(list(map(_microseconds, values)), pa.int64()).cast(field.type)
    return pa.array(values, field.type)


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _microseconds(time: datetime) -> int:
    since = time - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
