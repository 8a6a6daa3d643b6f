"""Somebody's own SQL, in a process and a DuckDB of its own: it can read the views and nothing else. See worker."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa

from query_api.engines.inputs import by_columns, files_of, in_memory
from query_api.engines.messages import Ask, Failed, Outcome, Refused, Rows, Setup, TooLarge, packable, paths_text
from query_api.engines.relation import readings_relation_of, readings_text, readings_union, rollup_relation_of
from query_api.engines.summaries import Summary, definition
from query_api.engines.worker_pool import Worker, WorkerEndedError, WorkerPool
from query_api.errors import QueryTooLargeError, SqlError, SqlRefusedError
from query_api.table.file_cache import FileCache
from query_api.table.state import ColdSegment
from query_api.view.parts import Parts

Parameters = Sequence[Any] | Mapping[str, Any]
UNCOUNTED_MB: Final = 192
"""What a process may need beside what DuckDB counts: the answer (some 130 MiB when it is 100,000 whole readings), and
what functions make in one value."""


@dataclass(frozen=True)
class SqlResult:
    """Columns with DuckDB's types, and rows; `is_cut` when there were more than asked for."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[tuple[Any, ...]]
    is_cut: bool


def setup_with(config: Mapping[str, Any], memory_limit_mb: int) -> Setup:
    """How to start workers whose DuckDB has a configuration like `config`, but this limit."""
    return Setup(
        limit_bytes=(memory_limit_mb + UNCOUNTED_MB) << 20,
        config={**config, "memory_limit": f"{memory_limit_mb}MiB"},
    )


class SandboxedQuery:
    """One statement. `interrupt` may be called from another thread while `run` runs."""

    def __init__(
        self,
        workers: WorkerPool,
        cache: FileCache,
        parts: Parts,
        text: str,
        parameters: Parameters,
        *,
        limit: int,
        summaries: Sequence[Summary],
    ) -> None:
        self._workers = workers
        self._cache = cache
        self._parts = replace(parts, rollups=[rollup for one in summaries for rollup in one.parts.rollups])
        self._summaries = summaries
        self._text = text
        self._parameters = parameters
        self._limit = limit
        self._lock = threading.Lock()
        self._worker: Worker | None = None

    def run(self) -> SqlResult:
        """The statement's rows. Raises SqlError, SqlRefusedError, QueryTooLargeError, and what a lease raises."""
        with ExitStack() as leases, self._cache.scratch_file() as shared:
            tables = _write(shared, self._parts)
            ask = self._ask(leases, tables)
            try:
                outcome: Outcome = self._outcome(ask, shared.fileno())
            except WorkerEndedError:
                outcome = TooLarge()
        if isinstance(outcome, Rows):
            return SqlResult(outcome.columns, outcome.rows[: self._limit], len(outcome.rows) > self._limit)
        if isinstance(outcome, Refused):
            raise SqlRefusedError(outcome.detail)
        if isinstance(outcome, Failed):
            raise SqlError(outcome.detail)
        raise QueryTooLargeError(outcome.detail)

    def interrupt(self) -> None:
        """Stop it. Nothing happens when it has ended."""
        with self._lock:
            if self._worker is not None:
                self._worker.stop()

    def _ask(self, leases: ExitStack, tables: Sequence[tuple[str, int, int]]) -> Ask:
        parameters = self._parameters
        files: list[str] = []

        def local(cold: Sequence[ColdSegment]) -> list[str]:
            single, merged = files_of(cold)
            found = [*leases.enter_context(self._cache.lease(single)), *merged]
            paths = [str(Path(path).absolute()) for path in found]  # it runs in another folder
            files.extend(paths)
            return paths

        def columns(paths: Sequence[str]) -> dict[frozenset[str], str]:
            return {columns: paths_text(of_these) for columns, of_these in by_columns(paths).items()}

        relation = readings_text(columns(local(self._parts.cold)))
        views, number = {}, 0
        for summary in self._summaries:
            rollups = []
            for rollup in summary.parts.rollups:
                paths = local(rollup.cold)
                rollups.append(
                    rollup_relation_of(number, paths_text(paths) if paths else None, in_memory=bool(rollup.recent))
                )
                number += 1
            readings = readings_relation_of(readings_union(columns(local(summary.parts.cold))))
            views[summary.name] = definition(summary, readings, rollups)
        return Ask(
            text=self._text,
            parameters=(
                {name: packable(value) for name, value in parameters.items()}
                if isinstance(parameters, Mapping)
                else [packable(value) for value in parameters]
            ),
            limit=self._limit,
            relation=relation,
            views=views,
            paths=files,
            tables=tables,
        )

    def _outcome(self, ask: Ask, shared: int) -> Outcome:
        worker = self._workers.acquire()
        with self._lock:
            self._worker = worker
        is_spent = True
        try:
            answer = worker.answer(ask, shared)
            is_spent = answer.is_spent
            return answer.outcome
        finally:
            with self._lock:
                self._worker = None
            self._workers.release(worker, is_spent=is_spent)


def _write(shared: IO[bytes], parts: Parts) -> list[tuple[str, int, int]]:
    """Write what is in memory as Arrow streams one after the other; returns their names, first bytes and ends."""
    places = []
    for name, table in in_memory(parts).items():
        start = shared.tell()
        with pa.ipc.new_stream(shared, table.schema) as stream:
            stream.write_table(table)
        places.append((name, start, shared.tell()))
    shared.flush()
    return places
