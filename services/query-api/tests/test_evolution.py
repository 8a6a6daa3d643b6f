"""An optional field that is added to the contract reaches tail and answers, also where files of before lack it."""

import json
import subprocess
import sys
from pathlib import Path

# Run in a process of its own, since the contract is read at import: with one more field, before anything else.
PROGRAM = """
import asyncio, json, sys
from pathlib import Path
import msgspec, pyarrow as pa, pyarrow.parquet as pq
from iot_contracts import readings, tables

OLD = tables.READINGS
FIRMWARE = tables.Column("firmware", "string", False, "version of the sensor's software")
tables.READINGS = msgspec.structs.replace(OLD, columns=(*OLD.columns, FIRMWARE))

class Reading(readings.Reading, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    firmware: str | None = None

readings.Reading = Reading

from iot_domain.decoding import decode_reading
from query_api.engines.duckdb import DuckDbEngine
from query_api.readings.schemas import ReadingsQuery
from query_api.readings.service import ReadingsService
from query_api.table.columns import READING_COLUMNS, TABLE_SCHEMA
from query_api.table.data_files import Bounds, DataFile
from query_api.table.file_cache import FileCache
from query_api.table.state import ColdSegment, RecentSegment, Snapshot, TableState
from query_api.tail.batches import to_batch
from query_api.tail.tail import PartitionTail, Tail
from query_api.view.view import View

folder = Path(sys.argv[1])
MESSAGE = {"reading_id": "019ca8f5-2c00-7a2b-8c3d-0123456789a0", "sensor_id": "S", "sensor_type": "t", "location": "l",
    "value": 1.0, "unit": "u", "timestamp": "2026-03-01T12:00:00Z"}

def message(number, **more):
    return json.dumps(MESSAGE | {"reading_id": MESSAGE["reading_id"][:-1] + str(number)} | more).encode()

def row(number):
    reading = decode_reading(message(number))
    return {**msgspec.structs.asdict(reading), "reading_id": str(reading.reading_id),
        "event_timestamp": reading.timestamp, "processing_time": reading.timestamp, "detected_anomaly": False,
        "anomaly_score": 0.0}

OLD_SCHEMA = TABLE_SCHEMA.remove(TABLE_SCHEMA.get_field_index("firmware"))
pq.write_table(pa.Table.from_pylist([row(1)], OLD_SCHEMA), folder / "old.parquet")
pq.write_table(pa.Table.from_pylist([row(2) | {"firmware": "2.0"}], TABLE_SCHEMA), folder / "new.parquet")
recent = READING_COLUMNS.completed(pa.Table.from_pylist([row(3)], OLD_SCHEMA))
tail = to_batch([0], [decode_reading(message(4, firmware="2.1"))])

def file(name):
    return DataFile(name, 1, 1000, Bounds())

cold = tuple(ColdSegment((file(name),), merged=folder / name) for name in ("old.parquet", "new.parquet"))
snapshot = Snapshot(1, None, decode_reading(message(1)).timestamp, "append", "", 3, {0: 0})
state = TableState("uuid", "", snapshot, {0: 0}, cold, (RecentSegment((file("recent"),), recent),))
view = View(state, Tail({0: PartitionTail(0, (tail,))}))
engine = DuckDbEngine(FileCache(folder, max_bytes=0, fetch=None), threads=1, memory_limit_mb=64, max_concurrent=1,
    max_waiting=1, time_limit_s=10)
engine.open()
answer = asyncio.run(ReadingsService(engine).readings(view, ReadingsQuery()))
engine.close()
print(json.dumps({item["reading_id"][-1]: item["firmware"] for item in json.loads(answer.content)["readings"]}))
"""


def test_a_new_optional_field_reaches_tail_and_answers(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"1": None, "2": "2.0", "3": None, "4": "2.1"}
