"""`iotctl audit` shows what the audit's process tells, line by line."""

import io
import json
from datetime import UTC, datetime

import pytest
from rich.console import Console

from iotctl.audit import follow, show
from iotctl.promises import parse_time
from stack.errors import IotctlError

ACCOUNT = {
    "partition": 0,
    "first": 0,
    "last": 6,
    "committed": 6,
    "received": 6,
    "stored": 4,
    "duplicate": 1,
    "rejected": 0,
    "in_flight": 0,
}
LOST = {
    "invariant": "received = …",
    "kind": "lost",
    "detail": "in no row",
    "count": 3,
    "examples": ["S 1 (partition 0, offset 1)", "S 2 (partition 0, offset 2)"],
}


def printed(report: dict[str, object], limit: int = 20) -> str:
    output = io.StringIO()
    show(report, Console(file=output, width=140), limit)
    return output.getvalue()


def test_progress_notes_and_the_report_are_told_apart() -> None:
    lines = [
        {"progress": {"step": "Kafka", "done": 1, "total": 6}},
        {"note": "deleted"},
        {"accounts": [ACCOUNT], "violations": []},
    ]
    report = follow(map(json.dumps, lines), Console(file=io.StringIO()))
    assert report == {"notes": ["deleted"], "accounts": [ACCOUNT], "violations": []}


def test_a_clean_report_says_so() -> None:
    text = printed({"notes": [], "accounts": [ACCOUNT], "violations": []})
    assert "every promise is kept" in text


def test_violations_are_named_with_ids_and_how_many_more_there_are() -> None:
    text = printed({"notes": ["deleted"], "accounts": [ACCOUNT], "violations": [LOST]}, limit=1)
    assert "deleted" in text
    assert "✗ lost 3: in no row" in text
    assert "S 1 (partition 0, offset 1)" in text
    assert "… and 2 more" in text
    assert "S 2" not in text
    assert "kept" not in text


def test_a_range_is_given_in_times() -> None:
    assert parse_time("--from", "") is None
    assert parse_time("--from", "2026-03-01T12:00:00Z") == datetime(2026, 3, 1, 12, tzinfo=UTC)
    for text in ("250", "beginning", "noon"):
        with pytest.raises(IotctlError, match=f"--to {text} is no time"):
            parse_time("--to", text)
