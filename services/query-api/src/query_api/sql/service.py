"""Runs SQL over a view: somebody's own, and the named queries."""

import asyncio
import base64
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from iot_contracts.tables import READINGS
from query_api.engines.duckdb import DuckDbEngine
from query_api.engines.sandbox import Parameters, SqlResult
from query_api.errors import NotFoundError
from query_api.media_types import CSV, NDJSON, csv_rows, ndjson_rows
from query_api.provenance import snapshot_answer
from query_api.sql.named import NamedQuery, named_queries
from query_api.sql.schemas import SqlBody, columns_of
from query_api.view.view import View

_DESCRIPTIONS: Final = {column.name: column.doc for column in READINGS.columns} | {
    "source": "`table`, or `tail` for what no snapshot has yet",
    "hour": "begin of the hour, UTC",
    "minute": "begin of the minute, UTC",
    "readings": "number of readings",
    "anomalies": "readings that detection found anomalous",
    "mean": "mean value",
    "min": "lowest value",
    "max": "highest value",
    "battery": "newest battery level, percent",
}
_TABLES: Final = {
    "readings": "every valid reading once, up to this moment",
    "anomalies": "readings that detection found anomalous",
    "latest": "the newest reading of each sensor, type and unit, by event time",
    "hourly": "readings by hour, type, location and sensor; rollups serve it, however many readings there are",
    "minutely": "the same by minute",
}
_encoder = msgspec.json.Encoder(enc_hook=lambda value: _plain(value))


class SqlService:
    """Runs statements in a sandbox of the engine."""

    def __init__(self, engine: DuckDbEngine) -> None:
        self._engine = engine

    async def run(self, view: View, body: SqlBody, media_type: str) -> bytes:
        """The rows of somebody's own statement, as `media_type` has them."""
        return await self._answer(view, body.sql, body.parameters, body.limit, media_type)

    async def run_named(self, view: View, name: str, given: Mapping[str, str], limit: int, media_type: str) -> bytes:
        """The rows of a named query. Raises NotFoundError, InvalidParameterError."""
        query = self.named(name)
        return await self._answer(view, query.sql, query.bind(given, datetime.now(UTC)), limit, media_type)

    def named(self, name: str) -> NamedQuery:
        """The query of this name. Raises NotFoundError."""
        query = named_queries().get(name)
        if query is None:
            raise NotFoundError(f"there is no query {name!r}; GET /v1/queries lists them")
        return query

    async def schema(self, view: View) -> list[dict[str, Any]]:
        """Tables with their columns, as the engine sees them."""
        return [
            {
                "name": f"iot.{name}",
                "description": description,
                "columns": [
                    {"name": column, "type": kind, "description": _DESCRIPTIONS.get(column, "")}
                    for column, kind in (await self._engine.sql(view, f"SELECT * FROM iot.{name}", [], 0)).columns  # noqa: S608
                ],
            }
            for name, description in _TABLES.items()
        ]

    async def _answer(self, view: View, text: str, parameters: Parameters, limit: int, media_type: str) -> bytes:
        as_of = datetime.now(UTC)
        result = await self._engine.sql(view, text, parameters, limit)
        return await asyncio.to_thread(_encode, result, view, as_of, media_type)


def _encode(result: SqlResult, view: View, as_of: datetime, media_type: str) -> bytes:
    names = [name for name, _ in result.columns]
    if media_type == CSV:
        return csv_rows(names, result.rows, _encoder.encode)
    if media_type == NDJSON:
        return ndjson_rows(names, result.rows, _encoder.encode)
    snapshot = snapshot_answer(view)
    return _encoder.encode(
        {
            "columns": columns_of(result.columns),
            "rows": result.rows,
            "truncated": result.is_cut,
            "as_of": as_of,
            "snapshot": None if snapshot is None else snapshot.model_dump(),
        }
    )


def _plain(value: Any) -> Any:
    """What JSON has no form of. A number that is not finite is null already."""
    if isinstance(value, Decimal):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return str(value)
