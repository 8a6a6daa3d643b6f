"""What `iotctl sql` reads and prints."""

import json

import pytest
from rich.console import Console

from iotctl import sql
from iotctl.sql import Format, Shell, statements, table_of, table_of_queries

ANSWER = {
    "columns": [{"name": "location", "type": "VARCHAR"}, {"name": "mean", "type": "DOUBLE"}],
    "rows": [["Port", 21.123456789], [None, None]],
    "truncated": False,
}


def shown(table: object) -> str:
    console = Console(width=100)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def test_statements_end_at_a_semicolon_at_the_end_of_a_line() -> None:
    lines = ["SELECT ';'", "FROM x;", "", "SELECT 2"]
    assert [one.split() for one in statements(lines)] == [["SELECT", "';'", "FROM", "x;"], ["SELECT", "2"]]
    assert list(statements(["", " "])) == []


def test_rows_are_a_table() -> None:
    text = shown(table_of(ANSWER))
    assert "location" in text
    assert "21.1235" in text


def test_named_queries_show_what_they_take() -> None:
    query = {"group": "g", "name": "n", "title": "t", "parameters": [{"name": "from", "default": "now-1h"}]}
    assert "from=now-1h" in shown(table_of_queries([query]))


def test_the_shell_knows_its_tables(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    typed = iter(["\\d", "\\d readings", "SELECT 1", "AS one;", "\\q"])
    asked: list[str] = []

    def ask(path: str, body: bytes = b"", **_: object) -> bytes:
        asked.append(body.decode())
        if path == "/v1/sql/schema":
            column = {"name": "value", "type": "DOUBLE", "description": "d"}
            return json.dumps({"tables": [{"name": "iot.readings", "columns": [column]}]}).encode()
        return b"one\n1\n"

    monkeypatch.setattr(sql, "ask", ask)
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    Shell(Console(width=100), Format.CSV, 10).run()
    out = capsys.readouterr().out
    assert "iot.readings" in out
    assert "DOUBLE" in out
    assert "one\n1\n" in out
    assert "AS one;" in asked[-1]
