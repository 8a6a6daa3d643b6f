"""`iotctl sql` and `iotctl query`: questions to query-api in SQL, and those that are kept under a name."""

from __future__ import annotations

import contextlib
import json
import os
import readline
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer
from rich.console import Console
from rich.table import Table

from iotctl.query_api import ask
from iotctl.tables import wide_console
from stack.errors import IotctlError

PROMPT, MORE = "iot=> ", "iot-> "
HELP = "\\d  tables   \\d TABLE  its columns   \\q  leave   a statement ends with ;"
WORDS = ("SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "LIMIT", "count(*)", "avg", "min", "max", "sum")
HISTORY_LENGTH = 1000


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"


MEDIA_TYPES = {Format.CSV: "text/csv", Format.NDJSON: "application/x-ndjson"}
FormatOption = Annotated[Format, typer.Option("--format", help="How rows are printed.")]
LimitOption = Annotated[int, typer.Option(min=1, max=100_000, help="Maximum number of rows.")]


def register(app: typer.Typer) -> None:
    """Add these commands to iotctl."""
    app.command("sql")(run_sql)
    app.command("query")(run_query)


def run_sql(
    statement: Annotated[str, typer.Argument(help="A SELECT; without it a shell, or what comes from a pipe.")] = "",
    form: FormatOption = Format.TABLE,
    limit: LimitOption = 1000,
) -> None:
    """Ask query-api in SQL (DuckDB's dialect), over every reading up to this moment."""
    if statement or not sys.stdin.isatty():
        for one in statements(statement.splitlines() if statement else sys.stdin):
            _print(_sql(one, form, limit), form)
    else:
        Shell(Console(), form, limit).run()


def run_query(
    name: Annotated[str, typer.Argument(help="A named query; without it they are listed.")] = "",
    param: Annotated[list[str] | None, typer.Option("--param", help="from=now-7d; as often as there are some.")] = None,
    form: FormatOption = Format.TABLE,
    limit: LimitOption = 1000,
) -> None:
    """Answer a question that is kept under a name; without a name, list them."""
    if not name:
        wide_console().print(table_of_queries(json.loads(ask("/v1/queries"))["queries"]))
        return
    given = [part.partition("=") for part in param or ()]
    for key, equals, _ in given:
        if not equals:
            raise IotctlError("query", f"--param {key} has no value", f"give it as --param {key}=…")
    asked = urlencode([("limit", limit), *((key, value) for key, _, value in given)])
    answer = ask(f"/v1/queries/{quote(name, safe='')}?{asked}", accept=MEDIA_TYPES.get(form, "application/json"))
    _print(answer, form)


def statements(lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    """Statements of some lines, each up to a line that ends with `;`, or to the end."""
    text = ""
    for line in lines:
        text += f"{line.rstrip()}\n"
        if line.rstrip().endswith(";"):
            yield text
            text = ""
    if text.strip():
        yield text


def table_of_queries(queries: Sequence[dict[str, Any]]) -> Table:
    """Named queries as a table."""
    table = Table("group", "query", "what it answers", "parameters")
    for query in queries:
        parameters = ", ".join(f"{one['name']}={one['default'] or ''}" for one in query["parameters"])
        table.add_row(query["group"], query["name"], query["title"], parameters)
    return table


def table_of(answer: dict[str, Any]) -> Table:
    """An answer as a table; numbers stand on the right."""
    table = Table()
    for column in answer["columns"]:
        is_number = column["type"].startswith(("DOUBLE", "FLOAT", "DECIMAL")) or column["type"].endswith("INT")
        table.add_column(column["name"], justify="right" if is_number or "INTEGER" in column["type"] else "left")
    for row in answer["rows"]:
        table.add_row(*(_cell(value) for value in row))
    return table


class Shell:
    """Reads statements and prints their rows until `\\q` or the end of input."""

    def __init__(self, console: Console, form: Format, limit: int) -> None:
        self._console = console
        self._form = form
        self._limit = limit
        self._tables: dict[str, list[dict[str, str]]] = {}

    def run(self) -> None:
        """Serve until the person leaves. An error is shown and loses nothing."""
        tables = json.loads(ask("/v1/sql/schema"))["tables"]
        self._tables = {table["name"]: table["columns"] for table in tables}
        self._console.print(HELP, style="dim")
        with _history():
            readline.set_completer(self._complete)
            readline.set_completer_delims(" \t\n(),=<>")
            readline.parse_and_bind("tab: complete")
            while (statement := self._read()) is not None:
                try:
                    self._answer(statement.strip())
                except IotctlError as error:
                    self._console.print(error.why, style="red", markup=False)

    def _read(self) -> str | None:
        text = ""
        while True:
            try:
                line = input(MORE if text else PROMPT)
            except EOFError:
                return None
            except KeyboardInterrupt:
                print()
                text = ""
                continue
            text += f"{line}\n"
            if text.strip() in ("\\q", "exit", "quit"):
                return None
            if text.lstrip().startswith("\\") or line.rstrip().endswith(";"):
                return text

    def _answer(self, statement: str) -> None:
        if not statement.startswith("\\"):
            _print(_sql(statement, self._form, self._limit), self._form)
            return
        command, _, name = statement.partition(" ")
        known = {table.removeprefix("iot."): columns for table, columns in self._tables.items()} | self._tables
        if command != "\\d" or (name and name not in known):
            self._console.print(HELP, markup=False)
            return
        table = Table("column", "type", "what it is") if name else Table("table", "columns")
        for row in known[name] if name else ():
            table.add_row(row["name"], row["type"], row["description"])
        for other, columns in () if name else self._tables.items():
            table.add_row(other, ", ".join(column["name"] for column in columns))
        self._console.print(table)

    def _complete(self, text: str, state: int) -> str | None:
        columns = {column["name"] for columns in self._tables.values() for column in columns}
        words = sorted({*self._tables, *columns, *WORDS})
        found = [word for word in words if word.lower().startswith(text.lower())]
        return found[state] if state < len(found) else None


@contextlib.contextmanager
def _history() -> Iterator[None]:
    """What was asked before, kept in the user's own folder."""
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "iotctl"
    path = folder / "sql_history"
    with contextlib.suppress(OSError):
        readline.read_history_file(path)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            readline.set_history_length(HISTORY_LENGTH)
            readline.write_history_file(path)


def _sql(statement: str, form: Format, limit: int) -> bytes:
    body = json.dumps({"sql": statement, "limit": limit}).encode()
    return ask("/v1/sql", body, accept=MEDIA_TYPES.get(form, "application/json"))


def _print(answer: bytes, form: Format) -> None:
    if form is not Format.TABLE:
        print(answer.decode().rstrip("\n"))
        return
    found = json.loads(answer)
    wide_console().print(table_of(found))
    more = "; there are more, which --limit would show" if found["truncated"] else ""
    print(f"{len(found['rows'])} rows{more}")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
