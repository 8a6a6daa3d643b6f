"""Takes over new snapshots: on a commit's announcement, and every so often in case one was missed."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from query_api.errors import LakeUnavailableError
from query_api.lakehouse.lake_reader import LakeReader
from query_api.lakehouse.view import ViewStore
from query_api.metrics import Metrics
from service_kit.logging import get_logger

RETRY_S = 2.0
_log = get_logger(__name__)


class Adoption:
    """Looks at the table off the event loop, one look at a time; a burst of commits costs one look.

    `known` is set once the first look succeeded, also when there is no table yet. `problem` says why the
    table cannot be looked at; what is held goes on being served.
    """

    def __init__(
        self,
        reader: LakeReader,
        store: ViewStore,
        metrics: Metrics,
        *,
        committed: asyncio.Event,
        on_restart: Callable[[], None],
        look_interval_s: float,
        look_limit_s: float,
    ) -> None:
        self._reader = reader
        self._store = store
        self._metrics = metrics
        self._on_restart = on_restart
        self._look_interval_s = look_interval_s
        self._look_limit_s = look_limit_s
        self._committed = committed
        self._looking_since: float | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lake")
        self._problem: str | None = "the table has not been looked at yet"
        self.known = asyncio.Event()

    @property
    def problem(self) -> str | None:
        """Why the table's newest state cannot be had, or None."""
        since = self._looking_since
        if since is not None and time.monotonic() - since > self._look_limit_s:
            return f"reading the table takes more than {self._look_limit_s:g} s; is HDFS alive?"
        return self._problem

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._committed.clear()
            await self._look()
            wait_s = self._look_interval_s if self._problem is None else RETRY_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._committed.wait()
            except TimeoutError:
                continue

    def close(self) -> None:
        """Wait for nothing: a look that is under way only reads."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _look(self) -> None:
        held = self._store.view.lake if self.known.is_set() else None
        self._looking_since = started = time.monotonic()
        try:
            lake = await asyncio.get_running_loop().run_in_executor(self._thread, self._reader.look, held)
        except LakeUnavailableError as error:
            self._note_problem(error.detail)
            return
        except Exception as error:  # whatever the table's files hold must not end the looking
            _log.exception("cannot make sense of the table")
            self._problem = f"the table's metadata cannot be understood: {error!r}"
            return
        finally:
            self._looking_since = None
        self._problem = None
        if lake is not held and not self._store.adopt(lake):
            self._on_restart()
        self._metrics.adoption_seconds.observe(time.monotonic() - started)
        self.known.set()

    def _note_problem(self, problem: str) -> None:
        if self._problem != problem:
            _log.warning("the table cannot be read, serving what is held", problem=problem)
        self._problem = problem
