"""Brings the rollups of the readings' table, before the table itself: so none is ever ahead of it. Blocking."""

import time
from collections.abc import Mapping
from dataclasses import replace

from query_api.errors import TableUnavailableError
from query_api.table.reader import TableReader
from query_api.table.state import Rollup, TableState
from service_kit.logging import get_logger

REFRESH_EVERY_S = 30.0
"""They are committed every half an hour, or every half a million readings."""
_log = get_logger(__name__)


class LayeredReader:
    """The table with its rollups. Used by one thread."""

    def __init__(self, readings: TableReader, rollups: Mapping[int, TableReader]) -> None:
        self._readings = readings
        self._readers = rollups
        self._held: dict[int, TableState] = {}
        self._rollups: tuple[Rollup, ...] = ()
        self._refresh_at = 0.0
        self._problem: str | None = None

    def refresh(self, held: TableState | None) -> TableState:
        """The table as it is now; `held` itself when nothing changed, None before the first look.

        Raises TableUnavailableError when the metastore or HDFS does not give what is needed of the table. Without a
        rollup answers are as exact, only slower.
        """
        now = time.monotonic()
        if now >= self._refresh_at:
            self._refresh_rollups()
            self._refresh_at = now + REFRESH_EVERY_S
        table = self._readings.refresh(held)
        return table if table.rollups is self._rollups else replace(table, rollups=self._rollups)

    def _refresh_rollups(self) -> None:
        for width_s, reader in self._readers.items():
            before = self._held.get(width_s)
            try:
                self._held[width_s] = reader.refresh(before)
            except TableUnavailableError as error:
                _log.warning(
                    "a rollup cannot be read, going on with what is held", width_s=width_s, problem=error.detail
                )
        found = [Rollup(width_s, state) for width_s, state in self._held.items() if state.snapshot is not None]
        if found != list(self._rollups):
            self._rollups = tuple(found)
