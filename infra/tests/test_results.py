"""What `iotctl results` prints of query-api's answers."""

import json
from typing import Any

import pytest
from rich.console import Console

from iotctl import results
from iotctl.sql import Format

RUN = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z", "finished_at": "2026-03-02T02:00:00Z"}
BATTERY: dict[str, Any] = {
    "columns": [{"name": "sensor_id", "type": "string", "unit": ""}, {"name": "level", "type": "double", "unit": "%"}],
    "rows": [{"sensor_id": "S1", "level": 41.5, "range_from": RUN["from"]}],
    "note": None,
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    paths: list[str] = []

    def answer(path: str, accept: str = "application/json") -> bytes:
        paths.append(path)
        if accept == "text/csv":
            return b"sensor_id,level\r\n"
        if path == "/v1/analyses":
            about = [
                {"name": "battery", "answers": "When?", "last_run": RUN, "how_to_run": ""},
                {"name": "quality", "answers": "Which?", "last_run": None, "how_to_run": "iotctl analyse quality"},
            ]
            return json.dumps({"analyses": about}).encode()
        return json.dumps(BATTERY if "quality" not in path else {**BATTERY, "note": "it was never run"}).encode()

    monkeypatch.setattr(results, "ask", answer)
    monkeypatch.setattr(results, "wide_console", lambda: Console(width=160))
    return paths


@pytest.mark.usefixtures("asked")
def test_the_list_says_when_each_ran_and_how_to_run_it(capsys: pytest.CaptureFixture[str]) -> None:
    results.results()
    out = capsys.readouterr().out
    assert "2026-03-01T00:00:00Z to 2026-03-02T00:00:00Z" in out
    assert "never: iotctl analyse quality" in out


def test_a_result_has_its_units_and_is_of_the_range_that_is_asked_for(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    results.results("battery", since="2026-03-01T00:00:00Z", limit=5)
    assert asked == ["/v1/analyses/battery?from=2026-03-01T00%3A00%3A00Z&limit=5"]
    out = capsys.readouterr().out
    assert "level (%)" in out
    assert "41.5" in out


@pytest.mark.usefixtures("asked")
def test_a_note_stands_for_a_result_that_is_not_there_and_rows_come_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    results.results("quality")
    assert capsys.readouterr().out == "it was never run\n"
    results.results("battery", form=Format.CSV)
    assert capsys.readouterr().out == "sensor_id,level\r\n"
