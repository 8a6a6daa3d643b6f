"""Makers of readings, messages and lakes for the tests."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pyarrow as pa
import pytest

from iot_contracts.readings import Reading
from query_api.lakehouse.columns import TABLE_SCHEMA
from query_api.lakehouse.data_files import Bounds, DataFile
from query_api.lakehouse.decoder import to_batch
from query_api.lakehouse.engine import Engine
from query_api.lakehouse.file_cache import FileCache
from query_api.lakehouse.lake import EMPTY_LAKE, Lake, RecentSegment, Snapshot
from query_api.lakehouse.tail import PartitionTail, Tail
from query_api.lakehouse.view import View

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_reading(number: int, **changes: object) -> Reading:
    """Reading `number`: its id, its second after START and its value follow from the number."""
    fields = {
        "reading_id": UUID(int=number),
        "sensor_id": f"SENSOR_{number % 3}",
        "sensor_type": "temperature",
        "location": "Tangier-Port",
        "value": float(number),
        "unit": "Celsius",
        "timestamp": START + timedelta(seconds=number),
    }
    return Reading(**{**fields, **changes})  # type: ignore[arg-type]


def make_table(numbers: Iterable[int], **changes: object) -> pa.Table:
    """Readings as the stream processor stores them."""
    rows = []
    for number in numbers:
        reading = make_reading(number)
        row = {
            **msgspec.structs.asdict(reading),
            "reading_id": str(reading.reading_id),
            "event_timestamp": reading.timestamp,
            "processing_time": reading.timestamp + timedelta(seconds=2),
            "detected_anomaly": False,
            "anomaly_score": 0.0,
            "anomaly_reason": None,
        }
        rows.append({**row, **changes})
    return pa.Table.from_pylist(rows, schema=TABLE_SCHEMA)


def make_file(path: str, rows: int = 1, size_bytes: int = 1000, bounds: Bounds | None = None) -> DataFile:
    return DataFile(path=path, rows=rows, size_bytes=size_bytes, bounds=bounds or Bounds())


def make_lake(numbers: Iterable[int], border: dict[int, int] | None, snapshot_id: int = 1) -> Lake:
    """A snapshot in memory that holds readings `numbers` and says it reaches up to `border`."""
    snapshot = Snapshot(
        id=snapshot_id,
        parent_id=None,
        committed_at=START,
        operation="append",
        manifest_list="",
        total_rows=None,
        offsets=border,
    )
    recent = RecentSegment((make_file(f"f{snapshot_id}"),), make_table(numbers))
    return replace(EMPTY_LAKE, table_uuid="u", snapshot=snapshot, border=border, recent=(recent,))


@pytest.fixture(scope="session")
def reading() -> Callable[..., Reading]:
    return make_reading


@pytest.fixture(scope="session")
def message() -> Callable[..., bytes]:
    return lambda number, **changes: msgspec.json.encode(make_reading(number, **changes))


@pytest.fixture(scope="session")
def table() -> Callable[..., pa.Table]:
    return make_table


@pytest.fixture(scope="session")
def data_file() -> Callable[..., DataFile]:
    return make_file


@pytest.fixture(scope="session")
def lake() -> Callable[..., Lake]:
    return make_lake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
async def engine(folder: Path) -> AsyncIterator[Engine]:
    """DuckDB over memory only."""

    def no_fetch(_location: str, _target: Path) -> int:
        raise AssertionError("nothing is fetched in these tests")

    engine = Engine(
        FileCache(folder, max_bytes=0, fetch=no_fetch),
        threads=2,
        memory_limit_mb=128,
        max_concurrent=2,
        max_waiting=1,
        time_limit_s=5,
    )
    engine.open()
    yield engine
    engine.close()


@pytest.fixture
def view() -> View:
    """Readings 1 to 4 in the table, of which 4 is anomalous; 5 and 6 in the tail."""
    lake = make_lake([1, 2, 3], {0: 3})
    [segment] = lake.recent
    table = pa.concat_tables([segment.table, make_table([4], detected_anomaly=True)])
    lake = replace(lake, recent=(replace(segment, table=table),))
    batch = to_batch([3, 4], [make_reading(5, battery_level=20.0), make_reading(6, location="Tangier-Centre")])
    return View(lake, Tail({0: PartitionTail(held_from=3, batches=(batch,))}))
