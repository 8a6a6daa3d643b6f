"""Refreshes the table: when a commit is announced, and every so often in case one was missed."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from query_api.errors import TableUnavailableError
from query_api.table.rollups import LayeredReader
from query_api.view.store import ViewStore
from service_kit.logging import get_logger

RETRY_S = 2.0
_log = get_logger(__name__)


class SnapshotRefresher:
    """Reads the table's newest state off the event loop, one refresh at a time; a burst of commits costs one.

    `known` is set once the first refresh succeeded, also when there is no table yet. `problem` says why the table
    cannot be read; what is held goes on being served. `observe` is told how many seconds each refresh took.
    """

    def __init__(
        self,
        reader: LayeredReader,
        store: ViewStore,
        *,
        observe: Callable[[float], None],
        committed: asyncio.Event,
        on_restart: Callable[[], None],
        refresh_interval_s: float,
        refresh_limit_s: float,
    ) -> None:
        self._reader = reader
        self._store = store
        self._observe = observe
        self._on_restart = on_restart
        self._refresh_interval_s = refresh_interval_s
        self._refresh_limit_s = refresh_limit_s
        self._committed = committed
        self._refreshing_since: float | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="table")
        self._problem: str | None = "the table has not been read yet"
        self.known = asyncio.Event()

    @property
    def problem(self) -> str | None:
        """Why the table's newest state cannot be had, or None."""
        since = self._refreshing_since
        if since is not None and time.monotonic() - since > self._refresh_limit_s:
            return f"reading the table takes more than {self._refresh_limit_s:g} s; is HDFS alive?"
        return self._problem

    async def run(self) -> None:
        """Refresh until cancelled."""
        while True:
            self._committed.clear()
            await self._refresh()
            wait_s = self._refresh_interval_s if self._problem is None else RETRY_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._committed.wait()
            except TimeoutError:
                continue

    def close(self) -> None:
        """Wait for nothing: a refresh that is under way only reads."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _refresh(self) -> None:
        held = self._store.view.table if self.known.is_set() else None
        self._refreshing_since = started = time.monotonic()
        try:
            table = await asyncio.get_running_loop().run_in_executor(self._thread, self._reader.refresh, held)
        except TableUnavailableError as error:
            self._note_problem(error.detail)
            return
        except Exception as error:  # whatever the table's files hold must not end the refreshing
            _log.exception("cannot make sense of the table")
            self._problem = f"the table's metadata cannot be understood: {error!r}"
            return
        finally:
            self._refreshing_since = None
        self._problem = None
        if table is not held and not self._store.refresh_table(table):
            self._on_restart()
        self._observe(time.monotonic() - started)
        self.known.set()

    def _note_problem(self, problem: str) -> None:
        if self._problem != problem:
            _log.warning("the table cannot be read, serving what is held", problem=problem)
        self._problem = problem
