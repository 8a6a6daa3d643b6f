"""Somebody's own SQL, in a DuckDB of its own that is thrown away afterwards: it can read the views and nothing else."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import msgspec

from query_api.engines.guard import SCHEMA, require_harmless, require_shallow
from query_api.engines.inputs import by_columns, files_of, register_in_memory
from query_api.engines.relation import readings_text
from query_api.errors import QueryTooLargeError, SqlError
from query_api.table.file_cache import FileCache
from query_api.view.parts import Parts

Parameters = Sequence[Any] | Mapping[str, Any]
Config = Mapping[str, str | bool | int | float | list[str]]
VIEWS: Final[Mapping[str, str]] = {
    "readings": "SELECT * FROM main.all_readings",
    "anomalies": "SELECT * FROM main.all_readings WHERE detected_anomaly",
    "latest": "SELECT * FROM main.all_readings QUALIFY row_number() OVER "
    "(PARTITION BY sensor_id, sensor_type, unit ORDER BY event_timestamp DESC, reading_id) = 1",
    "hourly": "SELECT date_trunc('hour', event_timestamp) AS hour, sensor_type, location, sensor_id, unit, "
    "count(*) AS readings, avg(value) AS mean, min(value) AS min, max(value) AS max, "
    "count(*) FILTER (WHERE detected_anomaly) AS anomalies, min(battery_level) AS battery "
    "FROM main.all_readings GROUP BY ALL",
}
"""Name → definition, over every reading up to this moment."""


@dataclass(frozen=True)
class SqlResult:
    """Columns with DuckDB's types, and rows; `is_cut` when there were more than asked for."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[tuple[Any, ...]]
    is_cut: bool


class SandboxedQuery:
    """One statement. `interrupt` may be called from another thread while `run` runs."""

    def __init__(
        self,
        cache: FileCache,
        parts: Parts,
        text: str,
        parameters: Parameters,
        *,
        limit: int,
        config: Mapping[str, Any],
    ) -> None:
        self._cache = cache
        self._parts = parts
        self._text = text
        self._parameters = parameters
        self._limit = limit
        self._config = {**config, "python_enable_replacements": False}
        self._connection: duckdb.DuckDBPyConnection | None = None

    def run(self) -> SqlResult:
        """The statement's rows. Raises SqlError, SqlRefusedError, QueryTooLargeError, and what a lease raises."""
        single, merged = files_of(self._parts.cold)
        with duckdb.connect(":memory:", config=self._config) as connection, self._cache.lease(single) as leased:
            self._connection = connection
            self._close_in(connection, [*leased, *merged])
            try:
                serialized = connection.execute("SELECT json_serialize_sql(?)", [self._text]).fetchall()[0][0]
                require_shallow(serialized)
                require_harmless(msgspec.json.decode(serialized), list(VIEWS))
                connection.execute(self._text, self._parameters)
                columns = [(name, str(kind)) for name, kind, *_ in connection.description or ()]
                rows = connection.fetchmany(self._limit + 1)
            except duckdb.OutOfMemoryException as error:
                raise QueryTooLargeError("the statement needs more memory than allowed: narrow it") from error
            except duckdb.InterruptException:
                raise
            except duckdb.Error as error:
                raise SqlError(str(error)) from error
        return SqlResult(columns, rows[: self._limit], len(rows) > self._limit)

    def interrupt(self) -> None:
        """Stop it. Nothing happens when it has ended."""
        if self._connection is not None:
            with suppress(duckdb.ConnectionException):
                self._connection.interrupt()

    def _close_in(self, connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> None:
        """Make the views, and take everything else away: files but these, the network, extensions, settings."""
        register_in_memory(connection, self._parts)
        files = {present: _list(of_these) for present, of_these in by_columns(paths).items()}
        connection.execute(f"CREATE VIEW main.all_readings AS {readings_text(files)}")
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        for name, definition in VIEWS.items():
            connection.execute(f"CREATE VIEW {SCHEMA}.{name} AS {definition}")
        connection.execute(f"SET allowed_paths = {_list(paths)}")
        connection.execute(f"SET search_path = '{SCHEMA},main'")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")


def _list(paths: Sequence[str]) -> str:
    """Paths as a list in SQL; they are the service's own, and quoted all the same."""
    return "[" + ", ".join("'" + path.replace("'", "''") + "'" for path in paths) + "]"
