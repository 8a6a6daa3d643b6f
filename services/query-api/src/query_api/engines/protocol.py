"""What an engine is: something that runs statements over a view."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import pyarrow as pa
import sqlalchemy as sa

from query_api.table.data_files import EVERYTHING, Needed
from query_api.view.layers import Plan
from query_api.view.parts import Source
from query_api.view.view import View

Row = tuple[Any, ...]
Statement = Callable[[sa.FromClause], sa.Select[Any]]
"""Makes a statement of the relation `readings`, whatever engine stands behind it."""
LayeredStatement = Callable[[sa.FromClause, Sequence[sa.FromClause]], sa.Select[Any]]
"""The same of `readings` and of the rollups of a plan's layers."""


Sink = Callable[[pa.RecordBatchReader], None]
"""Takes rows as they come."""


class Engine(Protocol):
    """Runs statements over the relation `readings` of a view, with limits of its own."""

    async def rows(self, view: View, source: Source, statement: Statement, needed: Needed = EVERYTHING) -> list[Row]:
        """The statement's rows over what `source` names of `view`; files that hold nothing `needed` are not touched.

        Raises QueryTimeoutError, QueryTooLargeError, OverloadedError, TableUnavailableError.
        """

    async def table(self, view: View, source: Source, statement: Statement, needed: Needed = EVERYTHING) -> pa.Table:
        """The same as columns, for many rows. Raises what `rows` raises."""

    async def batches(
        self, view: View, source: Source, statement: Statement, sink: Sink, needed: Needed = EVERYTHING
    ) -> None:
        """Hand the statement's rows to `sink` as they come, in the query's thread: memory holds a few batches.

        Raises what `rows` raises, and what `sink` raises.
        """

    async def layered_rows(
        self, view: View, source: Source, plan: Plan, statement: LayeredStatement, needed: Needed = EVERYTHING
    ) -> list[Row]:
        """The same over the rollups of `plan` and the readings that they do not hold; the statement tells them apart.

        Raises what `rows` raises.
        """
