from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.readings.verdicts import MAX_LISTED_ERRORS, judge
from ingest_api.settings import Settings
from iot_contracts.problems import ItemError
from iot_contracts.readings import Reading, SubmittedReading

NEW_ID = UUID("019ca8f5-2c00-7a2b-8c3d-0123456789ab")
RULES = Settings().rules()
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONTEXT: Any = (RULES, NOW, lambda: NEW_ID)
ERROR = ItemError(index=0, pointer="/value", code="invalid_field", detail="")


def submitted(timestamp: datetime, reading_id: UUID | None = None) -> SubmittedReading:
    return SubmittedReading(
        reading_id=reading_id,
        sensor_id="SENSOR_001",
        sensor_type="temperature",
        location="Tangier-Centre",
        value=21.5,
        unit="Celsius",
        timestamp=timestamp,
    )


@given(
    st.datetimes(
        min_value=datetime(1900, 1, 1), timezones=st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)
    ),
    st.none() | st.uuids(),
)
def test_an_accepted_reading_has_an_id_and_the_same_instant_in_utc(
    timestamp: datetime, reading_id: UUID | None
) -> None:
    [accepted] = judge(
        [submitted(timestamp, reading_id)], RULES, datetime.max.replace(tzinfo=UTC), lambda: NEW_ID
    ).accepted
    assert isinstance(accepted, Reading)
    assert accepted.reading_id == (reading_id or NEW_ID)
    assert accepted.timestamp == timestamp
    assert accepted.timestamp.tzinfo is UTC


@pytest.mark.parametrize(
    "timestamp",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=1))),
    ],
)
def test_a_time_that_has_no_utc_is_rejected(timestamp: datetime) -> None:
    verdicts = judge([submitted(timestamp)], *CONTEXT)
    assert [(error.index, error.pointer, error.code) for error in verdicts.errors] == [
        (0, "/timestamp", "invalid_field")
    ]


@given(st.lists(st.booleans(), max_size=30))
def test_every_item_is_accepted_or_rejected_in_order(good: list[bool]) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    candidates = [
        submitted(now + timedelta(seconds=n)) if ok else msgspec.structs.replace(ERROR, index=n)
        for n, ok in enumerate(good)
    ]
    verdicts = judge(candidates, *CONTEXT)
    assert [(reading.timestamp - now).seconds for reading in verdicts.accepted] == [
        n for n, ok in enumerate(good) if ok
    ]
    assert [error.index for error in verdicts.errors] == [n for n, ok in enumerate(good) if not ok]
    assert verdicts.rejected == good.count(False)


def test_the_list_of_errors_is_bounded_and_the_count_is_not() -> None:
    verdicts = judge([ERROR] * (MAX_LISTED_ERRORS + 5), *CONTEXT)
    assert (len(verdicts.errors), verdicts.rejected) == (MAX_LISTED_ERRORS, MAX_LISTED_ERRORS + 5)
