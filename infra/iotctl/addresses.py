"""The table of addresses at the end of `up`."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from components.component import Component
from stack.settings import Settings


def address_table(settings: Settings, programs: Iterable[Component]) -> Table:
    """Return where everything that was started answers, what people use first."""
    table = Table(title="Addresses", title_justify="left", header_style="bold")
    table.add_column("what")
    table.add_column("address", no_wrap=True)
    for program in sorted(programs, key=lambda one: (one.kind != "service", one.name != "dashboard")):
        for what, address in program.addresses(settings).items():
            table.add_row(what, address)
    return table
