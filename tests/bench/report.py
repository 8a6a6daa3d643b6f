"""How every benchmark prints: a table for a person, and as the last line JSON for a program."""

import json
from collections.abc import Mapping

from bench.client_lag import ClientLag

CLIENT_FELL_BEHIND = 3
"""Exit code of a benchmark whose figures are not of the service."""


def table(rows: Mapping[str, Mapping[str, float | int | str]]) -> str:
    """One line per row, figures under their names; each column as wide as the widest of it."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    lines = [["", *columns], *([name, *(str(row.get(column, "")) for column in columns)] for name, row in rows.items())]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join([cells[0].ljust(widths[0]), *map(str.rjust, cells[1:], widths[1:])]).rstrip() for cells in lines
    )


def print_table(rows: Mapping[str, Mapping[str, float | int | str]]) -> None:
    """Print a table; see `table`."""
    print(table(rows))


def print_result(name: str, lag: ClientLag | None = None, **figures: object) -> int:
    """Print the line that programs read, after a complaint when the client fell behind; return the exit code."""
    behind = lag is not None and lag.fell_behind
    if lag is not None and behind:
        print(lag.complaint())
    print(json.dumps({"name": name, **figures, **(lag.figures() if lag else {})}))
    return CLIENT_FELL_BEHIND if behind else 0
