"""Transitions applied to a real PostgreSQL: from anywhere, in any pieces, again and again: the same rows."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from iot_contracts.alerts import AlertTransition
from query_api.alerts.repository import apply_transitions, find_alerts
from query_api.database.connection import Database
from query_api.database.models import AlertEvent, AlertRow

Make = Callable[..., AlertTransition]


async def apply(database: Database, transitions: Sequence[AlertTransition]) -> list[AlertTransition]:
    async with database.transaction() as session:
        return await apply_transitions(session, transitions)


async def rows(database: Database) -> tuple[list[Any], list[Any]]:
    """Everything that is stored of alerts and their events."""
    async with database.transaction() as session:
        alerts = await session.execute(sa.select(AlertRow.__table__).order_by(AlertRow.alert_id))
        events = await session.execute(
            sa.select(AlertEvent.alert_id, AlertEvent.sequence, AlertEvent.event, AlertEvent.value).order_by(
                AlertEvent.alert_id, AlertEvent.sequence
            )
        )
        return [tuple(row) for row in alerts], [tuple(row) for row in events]


@pytest.fixture
def log(transition: Make) -> list[AlertTransition]:
    """Six alerts of three sensors, one after the other, each opened, updated and cleared; the last are still open."""
    transitions = []
    for alert in range(6):
        sensor = {"sensor_id": f"SENSOR_{alert % 3}"}
        transitions += [transition(alert, 1, "opened", **sensor), transition(alert, 2, "updated", **sensor)]
        if alert < 3:
            transitions.append(transition(alert, 3, "cleared", **sensor))
    return transitions


async def test_a_log_that_is_applied_again_from_any_point_gives_the_same_rows(
    database: Database, log: list[AlertTransition]
) -> None:
    await apply(database, log)
    expected = await rows(database)
    assert [row[-1] for row in expected[1]].count(41.0) == 6
    for start in range(len(log)):
        assert await apply(database, log[start:]) == []
        assert await rows(database) == expected


@pytest.mark.parametrize("seed", range(5))
async def test_however_the_log_is_cut_into_polls_and_repeated_the_rows_are_the_same(
    database: Database, log: list[AlertTransition], seed: int
) -> None:
    choice = random.Random(seed)
    new = 0
    position = 0
    while position < len(log):
        end = choice.randint(position + 1, len(log))
        new += len(await apply(database, log[position:end]))
        # A kill: what comes next begins somewhere before.
        position = end if choice.random() < 0.6 else choice.randint(0, position)
    assert new == len(log)
    pieces = await rows(database)
    async with database.transaction() as session:
        await session.execute(sa.delete(AlertRow))
    await apply(database, log)
    assert await rows(database) == pieces


async def test_a_late_transition_stands_in_the_history_and_changes_nothing_else(
    database: Database, transition: Make
) -> None:
    await apply(database, [transition(1, 1, "opened"), transition(1, 3, "cleared")])
    before, _ = await rows(database)
    [applied] = await apply(database, [transition(1, 2, "updated")])
    after, events = await rows(database)
    assert (applied.sequence, after) == (2, before)
    assert [event[2] for event in events] == ["opened", "updated", "cleared"]


async def test_a_clear_that_arrives_first_stays_the_last_word(database: Database, transition: Make) -> None:
    await apply(database, [transition(1, 2, "cleared")])
    await apply(database, [transition(1, 1, "opened")])
    async with database.transaction() as session:
        [alert] = await find_alerts(session, [], None, 10)
    assert (alert.sequence, alert.cleared_at is not None) == (2, True)


@pytest.mark.parametrize("together", [True, False])
async def test_an_alert_whose_end_was_lost_makes_room_for_the_next_of_its_series(
    database: Database, transition: Make, together: bool
) -> None:
    older = transition(1, 1, "opened", sensor_id="S")
    newer = transition(2, 1, "opened", sensor_id="S")
    for transitions in [[older, newer]] if together else [[newer], [older]]:
        await apply(database, transitions)
    async with database.transaction() as session:
        newest, first = await find_alerts(session, [], None, 10)
    assert (newest.alert_id, newest.superseded_by) == (f"{2:032x}", None)
    assert (first.alert_id, first.superseded_by) == (f"{1:032x}", f"{2:032x}")


async def test_an_end_that_comes_after_all_is_taken(database: Database, transition: Make) -> None:
    await apply(database, [transition(1, 1, "opened", sensor_id="S"), transition(2, 1, "opened", sensor_id="S")])
    await apply(database, [transition(1, 2, "cleared", sensor_id="S")])
    async with database.transaction() as session:
        _, first = await find_alerts(session, [], None, 10)
    assert first.cleared_at is not None
    assert first.superseded_by is None


async def test_text_that_postgresql_does_not_store_is_replaced(database: Database, transition: Make) -> None:
    await apply(database, [transition(1, 1, "opened", message="a\0b")])
    async with database.transaction() as session:
        [alert] = await find_alerts(session, [], None, 1)
    assert alert.message == "a\ufffdb"
