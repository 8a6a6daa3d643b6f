"""An export goes on where it was cut."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from analyses.month import COLUMNS, START
from pyspark.sql import SparkSession

from stream_processor.analyses.export import days_of, export
from stream_processor.analyses.inputs import Range

DAY = timedelta(days=1)
DAYS = Range(START, START + 2 * DAY)


def test_a_range_is_cut_at_midnight() -> None:
    parts = list(days_of(Range(START + DAY / 2, START + 1.25 * DAY)))

    assert parts == [Range(START + DAY / 2, START + DAY), Range(START + DAY, START + 1.25 * DAY)]


def test_complete_days_are_skipped_and_cut_ones_written_anew(
    quick: SparkSession, a_month: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    table = quick.createDataFrame(a_month[:96], COLUMNS)

    first = list(export(quick, table, DAYS, "csv", f"file:{tmp_path}"))
    (tmp_path / "day=2026-03-02" / "_SUCCESS").unlink()
    again = list(export(quick, table, DAYS, "csv", f"file:{tmp_path}"))

    assert first == [("2026-03-01", True), ("2026-03-02", True)]
    assert again == [("2026-03-01", False), ("2026-03-02", True)]
    assert quick.read.option("header", "true").csv(str(tmp_path)).groupBy("day").count().count() == 2
    assert quick.read.option("header", "true").csv(str(tmp_path)).count() == 96
