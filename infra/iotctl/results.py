"""`iotctl results`: what the analyses found, from query-api."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer
from rich.table import Table

from iotctl.query_api import ask
from iotctl.sql import MEDIA_TYPES, Format, FormatOption, LimitOption, table_of
from iotctl.tables import wide_console

_SQL_TYPES = {"double": "DOUBLE", "long": "BIGINT", "int": "INTEGER"}


def register(app: typer.Typer) -> None:
    """Add the command to iotctl."""
    app.command()(results)


def results(
    name: Annotated[str, typer.Argument(help="An analysis; without it all are listed with their last runs.")] = "",
    since: Annotated[str, typer.Option("--from", help="Results of ranges from here on; default: the last run's.")] = "",
    until: Annotated[str, typer.Option("--to", help="Results of ranges that end here or earlier.")] = "",
    form: FormatOption = Format.TABLE,
    limit: LimitOption = 1000,
) -> None:
    """Print what an analysis found, as query-api has it; without a name, list the analyses."""
    if not name:
        wide_console().print(table_of_analyses(json.loads(ask("/v1/analyses"))["analyses"]))
        return
    asked = urlencode({key: value for key, value in (("from", since), ("to", until), ("limit", limit)) if value})
    answer = ask(f"/v1/analyses/{quote(name, safe='')}?{asked}", accept=MEDIA_TYPES.get(form, "application/json"))
    if form is not Format.TABLE:
        print(answer.decode(), end="")
        return
    result = json.loads(answer)
    wide_console().print(result["note"] or table_of_result(result), highlight=False)


def table_of_analyses(analyses: Sequence[dict[str, Any]]) -> Table:
    """The analyses with their last runs as a table."""
    table = Table("analysis", "what it answers", "range", "last run")
    for one in analyses:
        run = one["last_run"]
        cells = (f"{run['from']} to {run['to']}", run["finished_at"]) if run else ("", f"never: {one['how_to_run']}")
        table.add_row(one["name"], one["answers"], *cells)
    return table


def table_of_result(result: dict[str, Any]) -> Table:
    """Rows of a result as a table; a column's unit stands beside its name."""
    columns = [
        {
            "name": f"{column['name']} ({column['unit']})" if column["unit"] else column["name"],
            "type": _SQL_TYPES.get(column["type"], ""),
        }
        for column in result["columns"]
    ]
    rows = [[row[column["name"]] for column in result["columns"]] for row in result["rows"]]
    return table_of({"columns": columns, "rows": rows})
