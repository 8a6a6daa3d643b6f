"""A report says what the results say, in both languages and all formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from iotctl.analyse import steps_of
from iotctl.report.content import content
from iotctl.report.html import html
from iotctl.report.markdown import markdown
from iotctl.report.model import Chart, Paragraph
from iotctl.report.plot import Bar, plot, tick
from iotctl.report.words import Words
from iotctl.report.write import write


def sensor(name: str, **changes: Any) -> dict[str, Any]:
    parts = {"anomaly_part": 0.0, "silence_part": 0.0, "stuck_part": 0.0}
    shares = {"anomaly_rate": 0.0, "silent_share": 0.0, "stuck_share": 0.0}
    row = {"sensor_id": name, "location": "Port", "score": 0.0, "is_problem": False}
    return {**row, **parts, **shares, **changes}


def battery(name: str, **changes: Any) -> dict[str, Any]:
    row = {"sensor_id": name, "location": "Port", "level": 80.0, "state": "ok", "percent_per_day": None}
    return {**row, "empty_at": None, "empty_earliest": None, "empty_latest": None, **changes}


def results(**changes: Any) -> dict[str, Any]:
    figures = {"mean": 20.5, "median": 20.0, "min": 1.0, "max": 99.0, "q1": 18.0, "q3": 22.0, "anomaly_rate": 0.01}
    counts = {"readings": 12345, "anomalies": 123, "rate": 0.01}
    stored = {"bytes": 10**6, "bytes_per_day": 1e6, "free_bytes": 10**9, "days_until_full": 1000.0}
    found = {
        "sensors": [sensor("GOOD"), sensor("BAD<1>", score=40.0, is_problem=True, anomaly_part=40.0, anomaly_rate=0.2)],
        "battery": [
            battery("FULL"),
            battery("SOON", empty_at="2026-04-10T06:00:00+00:00", percent_per_day=2.0),
            battery("LATER", empty_at="2026-09-10T06:00:00+00:00", percent_per_day=0.5),
        ],
        "anomalies": [
            {"dimension": "all", "key": "all", **counts},
            *({"dimension": "hour", "key": f"{hour:02}", **counts} for hour in range(24)),
        ],
        "episodes": [],
        "descriptive": [{"sensor_type": "temperature", "unit": "Celsius", "readings": 12345, **figures}],
        "locations": [{"location": "Port", "sensor_type": "temperature", "readings": 12345, **figures}],
        "correlations": [],
        "capacity": [{"day": f"2026-03-{day:02}", "readings": 400 + day, **stored} for day in range(1, 31)],
    }
    document = {"from": "2026-03-01T00:00:00+00:00", "to": "2026-03-31T00:00:00+00:00", "snapshot_id": 1, "readings": 5}
    return {**document, "results": found, **changes}


def test_the_actions_name_the_faulty_and_the_soon_empty_and_nothing_else() -> None:
    blocks = content(results(), "en").sections[0].blocks
    actions = [block.text for block in blocks if isinstance(block, Paragraph) and block.style == "action"]

    assert actions == [
        "1. Replace the battery of SOON (Port): 80% left, empty around 2026-04-10.",
        "2. Check BAD<1> (Port): 20.0% of its readings were anomalous.",
    ]


def test_french_has_its_own_numbers_and_dates() -> None:
    words = Words("fr")

    assert (words.number(1234.5, 1), words.percent(0.125)) == ("1\u00a0234,5", "12,5\u00a0%")
    assert words.date("2026-04-10T06:00:00+00:00") == "10/04/2026"


def test_html_needs_nothing_else_and_escapes_names() -> None:
    page = html(content(results(), "fr"))

    assert 'lang="fr"' in page
    assert "BAD&lt;1&gt;" in page
    assert "BAD<1>" not in page
    assert "<svg" in page
    assert "http" not in page


def test_markdown_tables_have_as_many_cells_as_their_heads() -> None:
    lines = markdown(content(results(), "en")).split("\n")
    tables = [line.count("|") for line in lines if line.startswith("| GOOD") or "| BAD" in line or "| Sensor" in line]

    assert len(set(tables[:2])) == 1


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pdf_is_the_same_each_time(tmp_path: Path, language: str) -> None:
    for name in ("a.pdf", "b.pdf"):
        write(results(), tmp_path / name, "pdf", language)

    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_a_period_without_readings_says_so() -> None:
    empty: dict[str, list[Any]] = {name: [] for name in results()["results"]}

    assert "No readings in this period." in markdown(content(results(readings=0, results=empty), "en"))


def test_bars_stand_on_zero_in_proportion() -> None:
    bars = [shape for shape in plot(Chart("", ("a", "b"), (1.0, 4.0), "")) if isinstance(shape, Bar)]

    assert bars[1].height == pytest.approx(4 * bars[0].height)
    assert bars[0].y + bars[0].height == pytest.approx(bars[1].y + bars[1].height)
    assert [tick(value) for value in (0.25, 20.0, 1500.0, 2e6)] == ["0.25", "20", "1.5k", "2M"]


def test_progress_skips_what_spark_prints() -> None:
    assert [step["done"] for step in steps_of(['{"done": 1}', "Setting default log level", '{"done": 2}'])] == [1, 2]
