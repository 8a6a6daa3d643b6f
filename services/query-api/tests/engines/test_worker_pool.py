"""The processes that run somebody's own SQL: what they may, how they end, and that none is left over."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from query_api.engines.duckdb import DuckDbEngine
from query_api.engines.messages import Setup
from query_api.engines.worker import MAX_OPEN_FILES, NICENESS
from query_api.engines.worker_pool import WorkerEndedError, WorkerPool
from query_api.errors import QueryTimeoutError, QueryTooLargeError
from query_api.table.file_cache import FileCache
from query_api.view.parts import Parts
from service_kit.testing import wait_until

SETUP = Setup(limit_bytes=200 << 20, config={"threads": 1})
ENDLESS = "SELECT sum(range * range) FROM range(1000000000000) WHERE range % 7 <> 8"
SERVICE = """
import asyncio, sys
from pathlib import Path
from query_api.engines.duckdb import DuckDbEngine
from query_api.table.file_cache import FileCache
from query_api.view.parts import Parts

async def main():
    engine = DuckDbEngine(
        FileCache(Path(sys.argv[1]), max_bytes=0, fetch=lambda *_: 0),
        threads=2, memory_limit_mb=64, max_concurrent=2, max_waiting=1, time_limit_s=600,
    )
    engine.open()
    engine.prepare_sql()
    first, second = (engine.sql_of(Parts(), text, [], 1) for text in ("SELECT 1", sys.argv[2]))
    running = asyncio.create_task(second)
    await first
    print(*engine.worker_pids, flush=True)
    await running

asyncio.run(main())
"""


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(SETUP, max_idle_s=0.1)
    yield pool
    pool.close()


@pytest.fixture
def new_engine(folder: Path) -> Iterator[Callable[[float], DuckDbEngine]]:
    engines = []

    def new(time_limit_s: float) -> DuckDbEngine:
        engine = DuckDbEngine(
            FileCache(folder, max_bytes=0, fetch=lambda *_: 0),
            threads=2,
            memory_limit_mb=64,
            max_concurrent=1,
            max_waiting=1,
            time_limit_s=time_limit_s,
        )
        engine.open()
        engines.append(engine)
        return engine

    yield new
    for engine in engines:
        engine.close()


def is_running(pid: int) -> bool:
    """False for one that has ended and is only not taken note of."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def running(pids: Callable[[], Collection[int]]) -> int:
    """The one that runs an endless statement: it has used more than a second of CPU."""
    ticks = os.sysconf("SC_CLK_TCK")

    def busy() -> int | None:
        used = {pid: int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11]) for pid in pids()}
        return next((pid for pid, user in used.items() if user > ticks), None)

    return await wait_until(busy, deadline_s=30, otherwise="no worker runs the statement")


async def test_a_worker_has_nothing_of_the_service(
    new_engine: Callable[[float], DuckDbEngine], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SOME_PASSWORD", "secret")
    engine = new_engine(10)
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        await engine.sql_of(Parts(), "SELECT 1", [], 1)
    [pid] = engine.worker_pids
    process = Path(f"/proc/{pid}")
    assert b"SOME_PASSWORD" not in (process / "environ").read_bytes()
    assert (process / "cwd").readlink().name.endswith(" (deleted)")
    assert str(tmp_path / "open") not in [str(file.readlink()) for file in (process / "fd").iterdir()]
    assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
    assert (process / "oom_score_adj").read_text() == "1000\n"
    for kind, limit in (("FSIZE", 0), ("CORE", 0), ("NOFILE", MAX_OPEN_FILES)):
        assert resource.prlimit(pid, getattr(resource, f"RLIMIT_{kind}")) == (limit, limit)


async def test_a_worker_loads_nothing_of_the_service(new_engine: Callable[[float], DuckDbEngine]) -> None:
    loaded = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-I", "-c", "import query_api.engines.worker, sys; print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert not {"fastapi", "sqlalchemy", "pydantic", "service_kit", "query_api.errors"} & set(loaded.stdout.split())


async def test_a_worker_is_used_again(new_engine: Callable[[float], DuckDbEngine]) -> None:
    engine = new_engine(10)
    engine.prepare_sql()
    before = engine.worker_pids
    for _ in range(3):
        await engine.sql_of(Parts(), "SELECT count(*) FROM iot.readings", [], 1)
    assert engine.worker_pids == before
    assert len(before) == 1


async def test_a_statement_out_of_time_ends_with_its_process(new_engine: Callable[[float], DuckDbEngine]) -> None:
    engine = new_engine(1.5)
    engine.prepare_sql()
    before = engine.worker_pids
    with pytest.raises(QueryTimeoutError):
        await engine.sql_of(Parts(), ENDLESS, [], 1)
    await wait_until(
        lambda: engine.worker_pids and not engine.worker_pids & before, deadline_s=5, otherwise="it is not replaced"
    )
    assert not any(is_running(pid) for pid in before)


async def test_a_process_that_dies_is_a_statement_too_large(new_engine: Callable[[float], DuckDbEngine]) -> None:
    engine = new_engine(600)
    asking = asyncio.create_task(engine.sql_of(Parts(), ENDLESS, [], 1))
    os.kill(await running(lambda: engine.worker_pids), signal.SIGKILL)
    with pytest.raises(QueryTooLargeError, match="needs more memory than allowed"):
        await asking
    assert (await engine.sql_of(Parts(), "SELECT 1", [], 1)).rows == [(1,)]


async def test_a_worker_that_died_idle_is_replaced(new_engine: Callable[[float], DuckDbEngine]) -> None:
    engine = new_engine(10)
    await engine.sql_of(Parts(), "SELECT 1", [], 1)
    [pid] = engine.worker_pids
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(os.waitid, os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert (await engine.sql_of(Parts(), "SELECT 1", [], 1)).rows == [(1,)]


async def test_a_worker_that_has_used_much_memory_is_replaced(new_engine: Callable[[float], DuckDbEngine]) -> None:
    engine = new_engine(10)
    await engine.sql_of(Parts(), "SELECT 1", [], 1)
    before = engine.worker_pids
    await engine.sql_of(Parts(), "SELECT repeat('x', 30000000)", [], 1)  # an answer that takes as much again
    assert not engine.worker_pids & before


async def test_the_end_of_the_engine_ends_a_running_statement(new_engine: Callable[[float], DuckDbEngine]) -> None:
    engine = new_engine(600)
    asking = asyncio.create_task(engine.sql_of(Parts(), ENDLESS, [], 1))
    pid = await running(lambda: engine.worker_pids)
    engine.close()
    assert not is_running(pid)
    with pytest.raises(QueryTooLargeError):
        await asking
    assert not engine.worker_pids


async def test_no_worker_outlives_a_service_that_is_killed(tmp_path: Path) -> None:
    service = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVICE, str(tmp_path), ENDLESS), stdout=subprocess.PIPE
    )
    assert service.stdout is not None
    one_idle_one_busy = [int(pid) for pid in (await service.stdout.readline()).split()]
    assert [is_running(pid) for pid in one_idle_one_busy] == [True, True]
    await running(lambda: one_idle_one_busy)
    service.kill()
    await service.wait()
    await wait_until(
        lambda: not any(map(is_running, one_idle_one_busy)), deadline_s=5, otherwise="a worker is left over"
    )


async def test_all_but_one_end_when_they_are_not_needed(pool: WorkerPool) -> None:
    workers = [pool.acquire() for _ in range(3)]
    for worker in workers:
        pool.release(worker, is_spent=False)
    await wait_until(lambda: pool.pids == {workers[-1].pid}, deadline_s=5, otherwise="they do not end")
    assert [is_running(worker.pid) for worker in workers] == [False, False, True]
    worker = pool.acquire()
    assert worker is workers[-1]
    pool.release(worker, is_spent=False)


async def test_a_worker_that_is_stopped_when_it_has_answered_is_not_used_again(pool: WorkerPool) -> None:
    worker = pool.acquire()
    worker.stop()
    pool.release(worker, is_spent=False)
    assert worker.pid not in pool.pids


async def test_a_closed_pool_starts_nothing(pool: WorkerPool) -> None:
    pool.close()
    pool.prepare()
    with pytest.raises(WorkerEndedError):
        pool.acquire()
    assert not pool.pids


async def test_a_worker_that_cannot_be_started_ahead_hinders_nothing(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    worker = pool.acquire()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    pool.release(worker, is_spent=True)
    assert not pool.pids
    with pytest.raises(FileNotFoundError):
        pool.acquire()
