"""A process that answers somebody's own SQL, one statement after the other: `python -m query_api.engines.worker SETUP`.

Each statement has a DuckDB of its own that is thrown away afterwards: it can read the views and nothing else. What
DuckDB's limit does not count, the system's does: the most that a statement can do is end this process. Its standard
input is a socket to the service. It imports little, as it is started while somebody waits.
"""

import fcntl
import mmap
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import duckdb
import msgspec
import pyarrow as pa

from query_api.engines.guard import SCHEMA, RefusedError, require_harmless, require_shallow
from query_api.engines.messages import (
    MAX_ANSWER_MB,
    SUMMARIES,
    Answer,
    Ask,
    Failed,
    Outcome,
    Refused,
    Rows,
    Setup,
    TooLarge,
    decode,
    encode,
    packable,
    paths_text,
    receive,
    send,
)

VIEWS: Final[Mapping[str, str]] = {
    "readings": "SELECT * FROM main.all_readings",
    "anomalies": "SELECT * FROM main.all_readings WHERE detected_anomaly",
    "latest": "SELECT * FROM main.all_readings QUALIFY row_number() OVER "
    "(PARTITION BY sensor_id, sensor_type, unit ORDER BY event_timestamp DESC, reading_id) = 1",
}
"""Name → definition, over every reading up to this moment; others come with the statement that asks them."""
MAX_ASK_BYTES: Final = 64 << 20
MAX_OPEN_FILES: Final = 256
NICENESS: Final = 5
_PLAIN_TYPES: Final = frozenset(
    {
        *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
        *("FLOAT", "DOUBLE", "VARCHAR", "BLOB"),
    }
)
"""Types whose values MessagePack has as they are."""


def main() -> None:
    """Answer until the service hangs up."""
    for signal_number in (signal.SIGINT, signal.SIGTERM):  # the service ends its workers itself
        signal.signal(signal_number, signal.SIG_IGN)
    setup = msgspec.json.decode(sys.argv[1], type=Setup)
    idle_bytes = _restrict(setup)
    spent_bytes = idle_bytes + setup.limit_bytes // 4
    with socket.socket(fileno=sys.stdin.fileno()) as service, suppress(EOFError, OSError):
        while True:
            data, files = receive(service, max_bytes=MAX_ASK_BYTES, files=1)
            with _ended_with(service):
                answer = _answer(decode(data, Ask), files[0], setup, spent_bytes)
            send(service, answer)


def _restrict(setup: Setup) -> int:
    """Take rights away from this process, and leave it so much more memory than it has; returns what it has.

    RLIMIT_DATA counts what is private and writable, hence neither files in memory nor addresses that are only
    reserved, of which threads reserve a gigabyte (RLIMIT_AS).
    """
    os.nice(NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # rather this one than the service
    with _database(setup) as connection:
        connection.register("one", pa.table({"a": [1]}))
        connection.execute("SELECT sum(a) FROM one").fetchall()  # loads what is loaded at first use
        idle_bytes = _data_bytes()
    for kind, limit in (
        (resource.RLIMIT_DATA, idle_bytes + setup.limit_bytes),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    return idle_bytes


def _database(setup: Setup) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={**setup.config, "python_enable_replacements": False})


def _data_bytes() -> int:
    """What RLIMIT_DATA counts."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()


@contextmanager
def _ended_with(service: socket.socket) -> Iterator[None]:
    """Let the system end this process when the service hangs up: in the midst of a statement nothing else can."""
    flags = fcntl.fcntl(service, fcntl.F_GETFL)
    fcntl.fcntl(service, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(service, fcntl.F_SETFL, flags | os.O_ASYNC)  # SIGIO, which ends a process
    poll = select.poll()
    poll.register(service, 0)
    if poll.poll(0):
        raise EOFError("the service has hung up already")
    try:
        yield
    finally:
        fcntl.fcntl(service, fcntl.F_SETFL, flags)


def _answer(ask: Ask, shared: int, setup: Setup, spent_bytes: int) -> bytes:
    """The answer as bytes, also when memory does not suffice for it."""
    try:
        outcome = encode(_outcome(ask, shared, setup))
        if len(outcome) > MAX_ANSWER_MB << 20:
            outcome = encode(TooLarge(f"the answer is longer than {MAX_ANSWER_MB} MiB: name columns, lower `limit`"))
        return msgspec.msgpack.encode({"outcome": msgspec.Raw(outcome), "is_spent": _data_bytes() > spent_bytes})
    except MemoryError:
        return encode(Answer(TooLarge(), is_spent=True))
    finally:
        os.close(shared)


def _outcome(ask: Ask, shared: int, setup: Setup) -> Outcome:
    try:
        with _database(setup) as connection:
            _close_in(connection, ask, shared)
            serialized = connection.execute("SELECT json_serialize_sql(?)", [ask.text]).fetchall()[0][0]
            require_shallow(serialized)
            require_harmless(msgspec.json.decode(serialized), [*VIEWS, *SUMMARIES])
            connection.execute(ask.text, ask.parameters)
            columns = [(name, str(kind)) for name, kind, *_ in connection.description or ()]
            return Rows(columns, _packable_rows(connection.fetchmany(ask.limit + 1), [kind for _, kind in columns]))
    except RefusedError as error:
        return Refused(str(error))
    except duckdb.OutOfMemoryException:
        return TooLarge()
    except (duckdb.Error, TypeError, ValueError, OverflowError) as error:
        return Failed(str(error))


def _packable_rows(rows: list[tuple[Any, ...]], types: Sequence[str]) -> list[tuple[Any, ...]]:
    places = [place for place, kind in enumerate(types) if kind not in _PLAIN_TYPES]
    if places:
        for number, row in enumerate(rows):
            values = list(row)
            for place in places:
                values[place] = packable(values[place])
            rows[number] = tuple(values)
    return rows


def _close_in(connection: duckdb.DuckDBPyConnection, ask: Ask, shared: int) -> None:
    """Make the views, and take everything else away: files but these, the network, extensions, settings."""
    memory = pa.py_buffer(mmap.mmap(shared, 0, access=mmap.ACCESS_READ))
    for name, start, end in ask.tables:
        connection.register(name, pa.ipc.open_stream(memory.slice(start, end - start)).read_all())
    connection.execute(f"CREATE VIEW main.all_readings AS {ask.relation}")
    connection.execute(f"CREATE SCHEMA {SCHEMA}")
    for name, definition in {**VIEWS, **ask.views}.items():
        connection.execute(f"CREATE VIEW {SCHEMA}.{name} AS {definition}")
    connection.execute(f"SET allowed_paths = {paths_text(ask.paths)}")
    connection.execute(f"SET search_path = '{SCHEMA},main'")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


if __name__ == "__main__":
    main()
