"""Makes exports, one after the other, and keeps their files for a time."""

import asyncio
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Final

import pyarrow as pa
import sqlalchemy as sa

from query_api.engines.protocol import Engine
from query_api.errors import ConflictError, NotFoundError, OverloadedError, QueryTooLargeError
from query_api.exports.files import writing
from query_api.exports.schemas import ExportAnswer, ExportBody, ExportsAnswer, Format, State
from query_api.readings.schemas import ROW_COLUMNS
from query_api.table.data_files import may_hold
from query_api.view.parts import parts_of
from query_api.view.view import View
from service_kit.logging import get_logger
from service_kit.problems import ServiceError

TIDY_EVERY_S: Final = 60.0
KEPT: Final = 100
"""Of exports that have ended, the newest."""
_log = get_logger(__name__)


@dataclass(frozen=True)
class Limits:
    """What exports may take."""

    keep: timedelta
    max_bytes: int
    """Of all files together."""
    max_waiting: int


class _Export:
    """One export; `view` is what it is made of, as long as it has not ended."""

    def __init__(self, body: ExportBody, view: View, folder: Path) -> None:
        self.export_id = token_hex(8)
        self.body = body
        self.file = folder / self.export_id
        self.links = folder / f"{self.export_id}.links"
        self.view: View | None = _pinned(view, self.links)
        self.rows_at_most = _rows_at_most(view, body)
        self.state = State.WAITING
        self.rows = 0
        self.problem: str | None = None
        self.created_at = datetime.now(UTC)
        self.finished_at: datetime | None = None
        self.expires_at: datetime | None = None
        self.work: asyncio.Task[None] | None = None

    def end(self, state: State, problem: str | None = None) -> None:
        """Note how it ended; only a whole file is kept, and the view's readings no longer."""
        self.state, self.problem, self.finished_at, self.view = state, problem, datetime.now(UTC), None
        shutil.rmtree(self.links, ignore_errors=True)
        if state is not State.DONE:
            self.file.unlink(missing_ok=True)

    def answer(self) -> ExportAnswer:
        return ExportAnswer(
            export_id=self.export_id,
            state=self.state,
            format=self.body.format,
            rows=self.rows,
            rows_at_most=self.rows_at_most,
            bytes=self.size(),
            problem=self.problem,
            created_at=self.created_at,
            finished_at=self.finished_at,
            expires_at=self.expires_at,
        )

    def size(self) -> int:
        with suppress(FileNotFoundError):
            return self.file.stat().st_size
        return 0


class ExportsService:
    """Exports of this process: a restart deletes their files, whoever wants one asks again."""

    def __init__(self, engine: Engine, folder: Path, limits: Limits) -> None:
        self._engine = engine
        self._folder = folder
        self._limits = limits
        self._exports: dict[str, _Export] = {}
        self._queue: asyncio.Queue[_Export] = asyncio.Queue()

    def open(self) -> None:
        """Delete what an earlier process left."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)

    async def run(self) -> None:
        """Make one export after the other, and delete what has expired, until cancelled."""
        while True:
            self._tidy(datetime.now(UTC))
            try:
                async with asyncio.timeout(TIDY_EVERY_S):
                    export = await self._queue.get()
            except TimeoutError:
                continue
            if export.state is State.WAITING:
                export.work = asyncio.create_task(self._make(export))
                try:
                    await asyncio.wait([export.work])
                finally:
                    export.work.cancel()

    def create(self, view: View, body: ExportBody) -> ExportAnswer:
        """Queue an export of this view. Raises OverloadedError when too many wait, QueryTooLargeError without room."""
        if sum(one.state is State.WAITING for one in self._exports.values()) >= self._limits.max_waiting:
            raise OverloadedError("too many exports wait; ask again in a minute", headers={"Retry-After": "60"})
        if self._used_bytes() >= self._limits.max_bytes:
            raise self._full()
        export = _Export(body, view, self._folder)
        self._exports[export.export_id] = export
        self._queue.put_nowait(export)
        return export.answer()

    def list(self) -> ExportsAnswer:
        """All there are, newest first."""
        return ExportsAnswer(exports=[one.answer() for one in reversed(self._exports.values())])

    def get(self, export_id: str) -> ExportAnswer:
        """One of them. Raises NotFoundError."""
        return self._find(export_id).answer()

    def file(self, export_id: str) -> tuple[Path, Format]:
        """A finished export's file. Raises NotFoundError, ConflictError when it is not done."""
        export = self._find(export_id)
        if export.state is not State.DONE:
            raise ConflictError(f"the export is {export.state}; its file is there once the state is done")
        return export.file, export.body.format

    async def delete(self, export_id: str) -> None:
        """Stop an export that is not done, delete one that is. Raises NotFoundError."""
        export = self._find(export_id)
        if export.work is not None and not export.work.done():
            export.work.cancel()
            await asyncio.wait([export.work])
        elif export.state is State.WAITING:
            export.end(State.CANCELLED)
        else:
            self._forget(export)

    async def _make(self, export: _Export) -> None:
        view, body = export.view, export.body
        assert view is not None  # noqa: S101 - it has not ended
        export.state = State.RUNNING
        try:
            await self._engine.batches(view, body.source, _statement(body), self._sink(export), body.needed())
        except asyncio.CancelledError:
            export.end(State.CANCELLED)
        except ServiceError as error:
            export.end(State.FAILED, error.detail)
        except Exception as error:  # a full disk, a damaged file: whoever asked sees it
            _log.exception("an export failed", export_id=export.export_id)
            export.end(State.FAILED, f"{type(error).__name__}: {error}")
        else:
            export.end(State.DONE)
            export.expires_at = datetime.now(UTC) + self._limits.keep

    def _sink(self, export: _Export) -> "Callable[[pa.RecordBatchReader], None]":
        """Writes the batches of a query, in its thread."""

        def write(reader: pa.RecordBatchReader) -> None:
            with writing(export.file, export.body.format, reader.schema) as append:
                for batch in reader:
                    append(batch)
                    export.rows += batch.num_rows
                    if self._used_bytes() > self._limits.max_bytes:
                        raise self._full()

        return write

    def _full(self) -> QueryTooLargeError:
        return QueryTooLargeError(
            f"exports may take {self._limits.max_bytes >> 20} MiB together: delete some, narrow this one, "
            "or raise QUERY_API_EXPORTS_MAX_MB"
        )

    def _used_bytes(self) -> int:
        return sum(export.size() for export in list(self._exports.values()))

    def _find(self, export_id: str) -> _Export:
        if export_id not in self._exports:
            raise NotFoundError("there is no such export; it has expired, or query-api was started again since")
        return self._exports[export_id]

    def _tidy(self, now: datetime) -> None:
        ended = [one for one in self._exports.values() if one.finished_at is not None]
        for export in ended:
            if (export.expires_at or now) < now:
                self._forget(export)
        for export in ended[:-KEPT]:
            self._forget(export)

    def _forget(self, export: _Export) -> None:
        self._exports.pop(export.export_id, None)
        export.file.unlink(missing_ok=True)


def _statement(body: ExportBody) -> Callable[[sa.FromClause], sa.Select[tuple[object, ...]]]:
    def statement(readings: sa.FromClause) -> sa.Select[tuple[object, ...]]:
        every = sa.select(*(readings.c[name] for name in ROW_COLUMNS)).where(*body.conditions(readings))
        return every.where(readings.c.detected_anomaly) if body.anomalies_only else every

    return statement


def _pinned(view: View, folder: Path) -> View:
    """The view with links of its own to merged files: those are deleted a minute after others have replaced them."""
    folder.mkdir()
    cold = [
        replace(segment, merged=_link(segment.merged, folder / f"{number}.parquet")) if segment.merged else segment
        for number, segment in enumerate(view.table.cold)
    ]
    return View(replace(view.table, cold=tuple(cold)), view.tail)


def _link(file: Path, link: Path) -> Path:
    link.hardlink_to(file)
    return link


def _rows_at_most(view: View, body: ExportBody) -> int:
    parts, needed = parts_of(view, body.source), body.needed()
    in_files = sum(segment.rows for segment in parts.cold if may_hold(segment.bounds, needed))
    in_memory: int = sum(table.num_rows for table in (*parts.recent, *parts.tail))
    return in_files + in_memory
