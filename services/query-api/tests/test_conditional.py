"""Entity tags: the same as long as the answer is, and 304 without work for who has it."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from fastapi import Request, Response

from iot_contracts.readings import Reading
from query_api.conditional import answered, tag_of
from query_api.stats.schemas import StatsQuery
from query_api.table.state import NO_TABLE, Rollup, Snapshot, TableState
from query_api.tail.batches import to_batch
from query_api.tail.tail import PartitionTail, Tail
from query_api.view.view import View

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUESTION = StatsQuery.model_validate({"group_by": ["sensor_id"], "to": "2026-03-01T12:00:00Z"})


def a_table(snapshot_id: int) -> TableState:
    return replace(NO_TABLE, table_uuid="t", snapshot=Snapshot(snapshot_id, None, START, "append", "", 1, {0: 1}))


def _reading(number: int) -> Reading:
    return Reading(
        reading_id=UUID(int=number),
        sensor_id="A",
        sensor_type="temperature",
        location="Port",
        value=1.0,
        unit="Celsius",
        timestamp=START,
    )


def a_tail(*offsets: int) -> Tail:
    readings = [_reading(offset) for offset in offsets]
    return Tail({0: PartitionTail(0, (to_batch(list(offsets), readings),) if offsets else ())})


def asking(**headers: str) -> Request:
    names = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": names, "path": "/v1/stats", "query_string": b""})


def test_the_same_question_of_the_same_state_has_the_same_tag() -> None:
    view = View(a_table(1), a_tail(1, 2))
    again = View(a_table(1), a_tail(1, 2))
    assert tag_of(view, QUESTION) == tag_of(again, QUESTION)


@pytest.mark.parametrize(
    "changed",
    [
        View(a_table(2), a_tail(1, 2)),
        View(a_table(1), a_tail(1, 2, 3)),
        View(a_table(1), a_tail(1, 4)),
        View(replace(a_table(1), table_uuid="made anew"), a_tail(1, 2)),
        View(replace(a_table(1), rollups=(Rollup(3600, a_table(9)),)), a_tail(1, 2)),
    ],
    ids=["commit", "new reading", "another reading", "table made anew", "rollup"],
)
def test_whatever_may_change_the_answer_changes_the_tag(changed: View) -> None:
    assert tag_of(changed, QUESTION) != tag_of(View(a_table(1), a_tail(1, 2)), QUESTION)


def test_another_question_or_form_has_another_tag() -> None:
    view = View(a_table(1), a_tail())
    other = QUESTION.model_copy(update={"limit": 7})
    assert len({tag_of(view, QUESTION), tag_of(view, other), tag_of(view, QUESTION, "text/csv")}) == 3


@pytest.mark.parametrize("named", ["{tag}", '"x", {tag}', "{strong}"])
async def test_who_has_the_answer_is_told_so_without_work(named: str) -> None:
    tag = tag_of(View(a_table(1), a_tail()), QUESTION)
    request = asking(if_none_match=named.format(tag=tag, strong=tag.removeprefix("W/")))
    answer = await answered(request, tag, _never)
    assert (answer.status_code, answer.body, answer.headers["etag"]) == (304, b"", tag)


async def test_who_has_another_one_gets_the_answer_with_its_tag() -> None:
    async def compute() -> Response:
        return Response(b"{}")

    answer = await answered(asking(if_none_match='W/"other"'), 'W/"mine"', compute)
    assert (answer.status_code, answer.body, answer.headers["etag"]) == (200, b"{}", 'W/"mine"')


async def _never() -> Response:
    raise AssertionError("nothing may be computed")
