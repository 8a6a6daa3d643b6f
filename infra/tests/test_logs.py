"""The end of a log, and only of this start."""

from pathlib import Path

from runtimes import logs


def test_only_what_came_after_the_start_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "kafka.log"
    log.write_text("old failure\n")
    before = logs.size(log)
    with log.open("a") as file:
        file.writelines(f"line {number}\n" for number in range(20))
    assert logs.tail(log, lines=2, after_bytes=before) == "line 18\nline 19"
    assert "old failure" not in logs.tail(log, lines=100, after_bytes=before)


def test_a_log_that_was_rotated_since_is_shown_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "kafka.log"
    log.write_text("new file\n")
    assert logs.tail(log, after_bytes=10_000) == "new file"


def test_a_missing_log_says_so(tmp_path: Path) -> None:
    assert "No such file" in logs.tail(tmp_path / "none.log")


def test_a_json_line_is_shown_as_people_read_it_with_its_traceback_unfolded() -> None:
    line = '{"event": "Traceback:\\n  ValueError: no", "level": "error", "timestamp": "12:00", "service": "x", "id": 7}'
    assert logs.readable(f"plain\n{line}", lines=2) == "12:00 error Traceback:\n  ValueError: no id=7"
