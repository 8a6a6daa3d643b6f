"""What an engine is: something that runs statements over a view."""

from collections.abc import Callable
from typing import Any, Protocol

import sqlalchemy as sa

from query_api.table.data_files import EVERYTHING, Needed
from query_api.view.parts import Source
from query_api.view.view import View

Row = tuple[Any, ...]
Statement = Callable[[sa.FromClause], sa.Select[Any]]
"""Makes a statement of the relation `readings`, whatever engine stands behind it."""


class Engine(Protocol):
    """Runs statements over the relation `readings` of a view, with limits of its own."""

    async def rows(self, view: View, source: Source, statement: Statement, needed: Needed = EVERYTHING) -> list[Row]:
        """The statement's rows over what `source` names of `view`; files that hold nothing `needed` are not touched.

        Raises QueryTimeoutError, QueryTooLargeError, OverloadedError, TableUnavailableError.
        """
