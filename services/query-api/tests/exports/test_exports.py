"""Exports of a view: files that read back as the readings, made one after the other, with bounds."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from query_api.engines.duckdb import DuckDbEngine
from query_api.errors import ConflictError, NotFoundError, OverloadedError, QueryTooLargeError
from query_api.exports import service as service_module
from query_api.exports.schemas import ExportBody, Format, State
from query_api.exports.service import ExportsService, Limits
from query_api.table.state import ColdSegment
from query_api.view.view import View
from service_kit.testing import wait_until

ENDED = {State.DONE, State.FAILED, State.CANCELLED}
LIMITS = Limits(keep=timedelta(hours=1), max_bytes=1 << 20, max_waiting=2)


@pytest.fixture
async def running(engine: DuckDbEngine, folder: Path) -> AsyncIterator[Callable[..., ExportsService]]:
    """Makes a service that works until the end of the test."""
    tasks: list[asyncio.Task[None]] = []

    def make(limits: Limits = LIMITS, engine: Any = engine) -> ExportsService:
        exports = ExportsService(engine, folder / "exports", limits)
        exports.open()
        tasks.append(asyncio.create_task(exports.run()))
        return exports

    yield make
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def ended(exports: ExportsService, export_id: str) -> State:
    await wait_until(lambda: exports.get(export_id).state in ENDED, deadline_s=10, otherwise="the export does not end")
    return exports.get(export_id).state


def asking(**fields: Any) -> ExportBody:
    return ExportBody.model_validate(fields)


def rows_of(file: Path, format_: Format) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]]
    match format_:
        case Format.PARQUET:
            rows = pq.read_table(file).to_pylist()
        case Format.ARROW:
            rows = pa.ipc.open_stream(file.read_bytes()).read_all().to_pylist()
        case Format.CSV:
            rows = pyarrow.csv.read_csv(io.BytesIO(file.read_bytes())).to_pylist()
        case Format.NDJSON:
            rows = [json.loads(line) for line in file.read_text().splitlines()]
    return rows


@pytest.mark.parametrize("format_", Format)
async def test_a_file_holds_every_reading_of_table_and_tail_once(
    running: Callable[..., ExportsService], view: View, format_: Format
) -> None:
    exports = running()
    made = exports.create(view, asking(format=format_))
    assert made.state == State.WAITING
    assert await ended(exports, made.export_id) == State.DONE
    answer = exports.get(made.export_id)
    file, _ = exports.file(made.export_id)
    rows = rows_of(file, format_)
    assert sorted(row["value"] for row in rows) == [1, 2, 3, 4, 5, 6]
    assert sorted(row["source"] for row in rows) == ["table"] * 4 + ["tail"] * 2
    assert (answer.rows, answer.rows_at_most, answer.bytes) == (6, 6, file.stat().st_size)
    assert answer.expires_at is not None


async def test_times_in_a_csv_are_rfc_3339(running: Callable[..., ExportsService], view: View) -> None:
    exports = running()
    made = exports.create(view, asking(format=Format.CSV, sensor_id=["SENSOR_1"], to="2026-03-01T12:00:02Z"))
    await ended(exports, made.export_id)
    assert '"2026-03-01T12:00:01.000000Z"' in exports.file(made.export_id)[0].read_text()


async def test_only_what_is_asked_for_is_in_it(running: Callable[..., ExportsService], view: View) -> None:
    exports = running()
    few = exports.create(view, asking(sensor_id=["SENSOR_1"], source="table"))
    unusual = exports.create(view, asking(anomalies_only=True))
    assert [await ended(exports, one.export_id) for one in (few, unusual)] == [State.DONE] * 2
    assert [exports.get(one.export_id).rows for one in (few, unusual)] == [2, 1]


class StuckEngine:
    """Never ends, until it is cancelled."""

    def __init__(self) -> None:
        self.was_cancelled = False

    async def batches(self, *_: Any) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise


async def test_deleting_one_that_runs_stops_its_query_and_the_next_one_has_its_turn(
    running: Callable[..., ExportsService], view: View
) -> None:
    engine = StuckEngine()
    exports = running(engine=engine)
    first, second = (exports.create(view, asking()) for _ in range(2))
    await wait_until(
        lambda: exports.get(first.export_id).state == State.RUNNING, deadline_s=5, otherwise="it does not run"
    )
    await exports.delete(first.export_id)
    assert (engine.was_cancelled, exports.get(first.export_id).state) == (True, State.CANCELLED)
    await wait_until(
        lambda: exports.get(second.export_id).state == State.RUNNING, deadline_s=5, otherwise="the second does not run"
    )


async def test_deleting_one_that_waits_keeps_it_from_running(
    running: Callable[..., ExportsService], view: View
) -> None:
    exports = running(engine=StuckEngine())
    first, second = (exports.create(view, asking()) for _ in range(2))
    await exports.delete(second.export_id)
    assert exports.get(second.export_id).state == State.CANCELLED
    await exports.delete(first.export_id)
    await exports.delete(first.export_id)
    with pytest.raises(NotFoundError):
        exports.get(first.export_id)


async def test_a_file_is_there_once_it_is_whole_and_gone_once_it_is_deleted(
    running: Callable[..., ExportsService], view: View
) -> None:
    exports = running()
    made = exports.create(view, asking())
    with pytest.raises(ConflictError, match="the export is waiting"):
        exports.file(made.export_id)
    await ended(exports, made.export_id)
    file, _ = exports.file(made.export_id)
    await exports.delete(made.export_id)
    assert not file.exists()
    with pytest.raises(NotFoundError, match="it has expired"):
        exports.file(made.export_id)


async def test_too_many_that_wait_are_refused(running: Callable[..., ExportsService], view: View) -> None:
    exports = running(engine=StuckEngine())
    for _ in range(LIMITS.max_waiting):
        exports.create(view, asking())
    with pytest.raises(OverloadedError, match="too many exports wait"):
        exports.create(view, asking())


async def test_one_without_room_fails_with_what_to_do_and_leaves_nothing(
    running: Callable[..., ExportsService], view: View, folder: Path
) -> None:
    exports = running(Limits(keep=timedelta(hours=1), max_bytes=100, max_waiting=2))
    made = exports.create(view, asking(format=Format.NDJSON))
    assert await ended(exports, made.export_id) == State.FAILED
    assert "delete some, narrow this one" in str(exports.get(made.export_id).problem)
    assert list((folder / "exports").iterdir()) == []
    again = exports.create(view, asking(format=Format.NDJSON))
    assert await ended(exports, again.export_id) == State.FAILED


async def test_a_failure_is_named_and_costs_the_next_one_nothing(
    running: Callable[..., ExportsService], view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports = running()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(service_module, "writing", full)
        made = exports.create(view, asking())
        assert await ended(exports, made.export_id) == State.FAILED
    assert "No space left on device" in str(exports.get(made.export_id).problem)
    assert await ended(exports, exports.create(view, asking()).export_id) == State.DONE


async def test_what_has_expired_is_deleted(running: Callable[..., ExportsService], view: View) -> None:
    exports = running()
    made = exports.create(view, asking())
    await ended(exports, made.export_id)
    file, _ = exports.file(made.export_id)
    exports._tidy(datetime.now(UTC) + timedelta(minutes=59))
    assert file.exists()
    exports._tidy(datetime.now(UTC) + timedelta(minutes=61))
    assert (exports.list().exports, file.exists()) == ([], False)


async def test_what_an_earlier_process_left_is_deleted(
    running: Callable[..., ExportsService], view: View, folder: Path
) -> None:
    (folder / "exports").mkdir(parents=True)
    (folder / "exports" / "left").write_text("half")
    exports = running()
    await ended(exports, exports.create(view, asking()).export_id)
    assert not (folder / "exports" / "left").exists()


async def test_no_room_at_all_is_said_at_once(running: Callable[..., ExportsService], view: View) -> None:
    exports = running(Limits(keep=timedelta(hours=1), max_bytes=0, max_waiting=2))
    with pytest.raises(QueryTooLargeError, match="QUERY_API_EXPORTS_MAX_MB"):
        exports.create(view, asking())


async def test_a_merged_file_that_is_replaced_meanwhile_is_still_read(
    running: Callable[..., ExportsService], view: View, folder: Path
) -> None:
    exports = running()
    merged = folder / "exports" / "merged.parquet"
    pq.write_table(view.table.recent[0].table, merged)
    on_disk = replace(view.table, recent=(), cold=(ColdSegment(view.table.recent[0].files, merged),))
    made = exports.create(View(on_disk, view.tail), asking())
    merged.unlink()
    assert await ended(exports, made.export_id) == State.DONE
    assert exports.get(made.export_id).rows == 6
    assert [file.name for file in (folder / "exports").iterdir()] == [made.export_id]
