"""Results of analyses, from real Iceberg tables on local disk that are partitioned as the stream processor's are."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError

from iot_contracts.analyses import ANALYSES, RANGE_COLUMNS, RUN_COLUMNS, RUNS_TABLE, ResultColumn
from query_api.analyses.repository import AnalysesRepository
from query_api.analyses.schemas import AnalysesAnswer, ResultAnswer, ResultQuery
from query_api.analyses.service import AnalysesService
from query_api.engines.duckdb import DuckDbEngine
from query_api.errors import NotFoundError
from query_api.media_types import CSV, JSON, NDJSON
from query_api.table.file_cache import FileCache

TYPES = {
    "string": pa.string(), "double": pa.float64(), "boolean": pa.bool_(), "timestamptz": pa.timestamp("us", "UTC"),
    "int": pa.int32(), "long": pa.int64(), "date": pa.date32(),
}  # fmt: skip
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
BATTERY = next(analysis for analysis in ANALYSES if analysis.name == "battery")


class Lake:
    """The tables, in the roles of stream processor and metastore."""

    def __init__(self, folder: Path) -> None:
        self.catalog = SqlCatalog("t", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
        self.catalog.create_namespace("iot")

    def metadata_location(self, database: str, table: str) -> str | None:
        try:
            return self.catalog.load_table(f"{database}.{table}").metadata_location
        except NoSuchTableError:
            return None

    def run(self, start: datetime, levels: dict[str, float], *, finished_at: datetime, days: int = 1) -> None:
        """A run of `battery`."""
        range_ = {"range_from": start, "range_to": start + days * DAY}
        rows = [
            {**dict.fromkeys(column.name for column in BATTERY.columns), "sensor_id": sensor, "level": level, **range_}
            for sensor, level in levels.items()
        ]
        self._replace(BATTERY.table, (*BATTERY.columns, *RANGE_COLUMNS), rows, range_)
        record = {"analysis": "battery", "snapshot_id": 7, "input_rows": 100, "rows": len(rows), "duration_s": 1.5}
        record |= {"finished_at": finished_at, **range_}
        self._replace(RUNS_TABLE, (*RUN_COLUMNS, *RANGE_COLUMNS), [record], range_)

    def _replace(
        self, name: str, columns: Sequence[ResultColumn], rows: list[dict[str, Any]], range_: dict[str, datetime]
    ) -> None:
        schema = pa.schema([(column.name, TYPES[column.type]) for column in columns])
        table = self.catalog.create_table_if_not_exists(name, schema)
        if not table.spec().fields:
            with table.update_spec() as spec:
                spec.add_identity("range_from")
                spec.add_identity("range_to")
        old = " and ".join(f"{key} = '{value.isoformat()}'" for key, value in range_.items())
        new = pa.Table.from_pylist(rows, schema)
        if table.scan(old).count():
            table.overwrite(new, old)
        else:
            table.append(new)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    lake = Lake(tmp_path)
    yield lake
    lake.catalog.close()


@pytest.fixture
async def analyses(lake: Lake, files: Any, folder: Path) -> AsyncIterator[AnalysesService]:
    cache = FileCache(folder, max_bytes=1 << 30, fetch=files.copy)
    cache.open()
    engine = DuckDbEngine(cache, threads=1, memory_limit_mb=128, max_concurrent=2, max_waiting=1, time_limit_s=30)
    engine.open()
    yield AnalysesService(AnalysesRepository(engine, lake, files))  # type: ignore[arg-type]
    engine.close()


async def battery(analyses: AnalysesService, **asked: Any) -> ResultAnswer:
    query = ResultQuery.model_validate(asked)
    return ResultAnswer.model_validate_json(await analyses.result("battery", query, JSON))


def levels(answer: ResultAnswer) -> list[tuple[str, float]]:
    return [(row["sensor_id"], row["level"]) for row in answer.rows]


async def test_before_the_first_run_every_analysis_is_listed_and_an_answer_says_how_to_run_one(
    analyses: AnalysesService,
) -> None:
    listed = AnalysesAnswer.model_validate_json(await analyses.list()).analyses
    assert [one.name for one in listed] == [analysis.name for analysis in ANALYSES]
    assert all(one.last_run is None and one.answers.endswith("?") for one in listed)
    answer = await battery(analyses)
    assert (answer.rows, answer.runs) == ([], [])
    assert "`iotctl analyse battery`" in str(answer.note)


async def test_a_name_that_is_not_there_says_what_there_is(analyses: AnalysesService) -> None:
    with pytest.raises(NotFoundError, match=r"no analysis 'batteries'; there are: descriptive, .*battery"):
        await analyses.result("batteries", ResultQuery(), JSON)


async def test_without_a_range_the_last_run_is_answered_whatever_its_range(
    lake: Lake, analyses: AnalysesService
) -> None:
    lake.run(MONDAY + DAY, {"S2": 80.0}, finished_at=MONDAY + 2 * DAY)
    lake.run(MONDAY, {"S1": 90.0, "S2": 85.0}, finished_at=MONDAY + 3 * DAY)
    answer = await battery(analyses)
    assert levels(answer) == [("S1", 90.0), ("S2", 85.0)]
    [run] = answer.runs
    assert (run.from_, run.to, run.snapshot_id, run.input_rows, run.rows) == (MONDAY, MONDAY + DAY, 7, 100, 2)
    assert [one.from_ for one in answer.ranges] == [MONDAY, MONDAY + DAY]
    assert next(column for column in answer.columns if column.name == "percent_per_day").unit == "%/d"
    assert answer.note is None
    listed = AnalysesAnswer.model_validate_json(await analyses.list()).analyses
    assert {one.name: one.last_run for one in listed if one.last_run} == {"battery": run}


async def test_a_rerun_is_seen_and_replaces(lake: Lake, analyses: AnalysesService) -> None:
    lake.run(MONDAY, {"S1": 90.0}, finished_at=MONDAY + DAY)
    assert levels(await battery(analyses)) == [("S1", 90.0)]
    lake.run(MONDAY, {"S1": 91.0}, finished_at=MONDAY + 2 * DAY)
    assert levels(await battery(analyses)) == [("S1", 91.0)]


async def test_a_range_takes_every_run_that_lies_within_unless_one_is_exactly_that(
    lake: Lake, analyses: AnalysesService
) -> None:
    for number in range(3):
        lake.run(MONDAY + number * DAY, {"S1": 90.0 - number}, finished_at=MONDAY + (number + 1) * DAY)
    wide = {"from": MONDAY.isoformat(), "to": (MONDAY + 2 * DAY).isoformat()}
    assert levels(await battery(analyses, **wide)) == [("S1", 90.0), ("S1", 89.0)]
    lake.run(MONDAY, {"S1": 50.0}, days=2, finished_at=MONDAY + 9 * DAY)
    assert levels(await battery(analyses, **wide)) == [("S1", 50.0)]
    later = await battery(analyses, **{"from": (MONDAY + 5 * DAY).isoformat()})
    assert later.rows == []
    assert "no run lies between" in str(later.note)


async def test_rows_past_the_limit_are_left_out_and_said(lake: Lake, analyses: AnalysesService) -> None:
    lake.run(MONDAY, {f"S{number}": 50.0 for number in range(5)}, finished_at=MONDAY + DAY)
    answer = await battery(analyses, limit=3)
    assert (len(answer.rows), answer.truncated) == (3, True)
    assert not (await battery(analyses, limit=5)).truncated


async def test_rows_alone_come_as_csv_and_ndjson(lake: Lake, analyses: AnalysesService) -> None:
    lake.run(MONDAY, {"S1": 90.0}, finished_at=MONDAY + DAY)
    header, row = (await analyses.result("battery", ResultQuery(), CSV)).decode().splitlines()
    assert header.startswith("sensor_id,location,level,")
    assert row == "S1,,90.0,,,,,,,,,2026-03-02T00:00:00Z,2026-03-03T00:00:00Z"
    assert json.loads(await analyses.result("battery", ResultQuery(), NDJSON))["level"] == 90.0


async def test_an_unchanged_table_is_not_read_again(lake: Lake, files: Any, analyses: AnalysesService) -> None:
    lake.run(MONDAY, {"S1": 90.0}, finished_at=MONDAY + DAY)
    await battery(analyses)
    files.reads.clear()
    await battery(analyses)
    assert not files.reads
