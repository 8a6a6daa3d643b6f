"""Figures of each location."""

from datetime import UTC, datetime

from query_api.engines.duckdb import DuckDbEngine
from query_api.locations.schemas import LocationRow
from query_api.locations.service import LocationsService
from query_api.selection import Selection
from query_api.view.view import View


async def test_table_and_tail_add_up_by_location(engine: DuckDbEngine, view: View) -> None:
    answer = await LocationsService(engine).locations(view, Selection.model_validate({}))
    assert answer.rows == [
        LocationRow(
            location="Tangier-Centre",
            sensors=1,
            readings=1,
            anomalies=0,
            mean_battery=None,
            last_seen=datetime(2026, 3, 1, 12, 0, 6, tzinfo=UTC),
        ),
        LocationRow(
            location="Tangier-Port",
            sensors=3,
            readings=5,
            anomalies=1,
            mean_battery=20.0,
            last_seen=datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC),
        ),
    ]
    assert answer.tail.readings == 2


async def test_the_range_is_half_open(engine: DuckDbEngine, view: View) -> None:
    selection = Selection.model_validate({"from": "2026-03-01T12:00:02Z", "to": "2026-03-01T12:00:06Z"})
    [row] = (await LocationsService(engine).locations(view, selection)).rows
    assert (row.location, row.readings) == ("Tangier-Port", 4)
