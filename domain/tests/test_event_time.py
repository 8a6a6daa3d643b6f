"""What is a time, to the microsecond, and what only looks like one."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_domain import event_time as rule
from iot_domain.event_time import event_time, from_epoch_ms, from_microseconds, from_rfc3339, from_table_text

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEAP = datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01t12:00:00z", NOON),
        ("2026-03-01 12:00:00Z", NOON),
        ("2026-03-01T12:00:00-00:00", NOON),
        ("2026-03-02T11:59:00+23:59", NOON),
        ("2026-02-28T12:01:00-23:59", NOON),
        ("2026-03-01T13:00:00+0100", NOON),
        ("2026-03-01T12:00:00.1Z", NOON + timedelta(microseconds=100_000)),
        ("2026-03-01T12:00:00.123456999Z", NOON + timedelta(microseconds=123_456)),
        ("2026-02-28T23:59:59.9999999Z", datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", LEAP),
        ("2016-12-31T23:59:60.5Z", LEAP),
        ("2016-12-31T15:59:60-08:00", LEAP),
        ("2017-01-01T00:59:60+01:00", LEAP),
        ("9999-12-31T23:59:60Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_what_rfc_3339_allows_is_taken_and_cut(text: str, instant: datetime) -> None:
    assert from_rfc3339(text) == from_table_text(text) == instant
    assert from_rfc3339(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-03-01T12:00:00", rule.NO_OFFSET),
        ("2026-03-01T12:00:00.5", rule.NO_OFFSET),
        ("2026-03-01", rule.NOT_RFC_3339),
        ("2026-03-01T12:00Z", rule.NOT_RFC_3339),
        ("2026-03-01T12:00:00.Z", rule.NOT_RFC_3339),
        ("2026-03-01T12:00:00,5Z", rule.NOT_RFC_3339),
        ("2026-03-01T12:00:00+01", rule.NOT_RFC_3339),
        ("2026-03-01T12:00:00\u221201:00", rule.NOT_RFC_3339),
        (" 2026-03-01T12:00:00Z", rule.NOT_RFC_3339),
        ("2026-03-01T12:00:00Z\n", rule.NOT_RFC_3339),
        ("２０２６-03-01T12:00:00Z", rule.NOT_RFC_3339),
        ("1772366400000", rule.NOT_RFC_3339),
        ("0000-01-01T00:00:00Z", rule.OUT_OF_RANGE),
        ("0001-01-01T00:00:00+00:01", rule.OUT_OF_RANGE),
        ("9999-12-31T23:59:00-00:01", rule.OUT_OF_RANGE),
        ("2026-03-01T12:00:60Z", rule.LEAP_SECOND),
        ("2016-12-31T23:59:60+01:00", rule.LEAP_SECOND),
        ("2026-02-30T12:00:00Z", "Is not in the calendar"),
        ("2026-03-01T24:00:00Z", "Is not in the calendar"),
        ("2026-03-01T12:00:61Z", "Is not in the calendar"),
        ("2026-03-01T12:00:00+24:00", "The offset"),
        ("2026-03-01T12:00:00+12:60", "The offset"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        from_rfc3339(text)


@pytest.mark.parametrize(
    "text", ["2026-03-01 12:00:00", "2026-03-01T12:00", "2026-03-01 12:00:00.0000009", NOON.isoformat()]
)
def test_a_table_may_leave_out_the_offset_and_the_seconds(text: str) -> None:
    assert from_table_text(text) == NOON


def test_a_table_may_have_days() -> None:
    assert from_table_text("2026-03-01") == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["1772366400000", "1772366400", "20260301", "2026", "-1", "1772366400.5", "46082,5"])
def test_a_bare_number_is_no_time_in_a_table(text: str) -> None:
    with pytest.raises(ValueError, match="A number is no time here"):
        from_table_text(text)


@pytest.mark.parametrize(
    "text",
    ["", "noon", "2026-W09", "2026-W09-7", "2026W097", "2026-060", "2026-03", "20260301T120000Z", "2026-03-01T12",
     "12:00:00", "2026-03-01T120000", "2026-03-01x12:00:00", "01/03/2026", "2026-3-1", "2026-03-01 ", "2026-03-01Z"],
)  # fmt: skip
def test_what_only_a_lenient_parser_reads_is_no_time_in_a_table(text: str) -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        from_table_text(text)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1772366400000", 1_772_366_400_000_000),
        ("1772366400000.9999", 1_772_366_400_000_999),
        ("1772366400000.99999999999999999999999999999999999999", 1_772_366_400_000_999),
        ("17723664e5", 1_772_366_400_000_000),
        ("-0.0001", -1),
        ("-1e-9999999", -1),
        ("1e-9999999", 0),
        ("0", 0),
    ],
)
def test_milliseconds_are_exact_and_cut(text: str, microseconds: int) -> None:
    assert from_epoch_ms(text) == from_microseconds(microseconds)


@pytest.mark.parametrize("text", ["1e15", "-1e15", "1e999999999", "1e99999999999999999999", "nan", "inf", "x"])
def test_milliseconds_of_no_calendar_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="before year 1 or after year 9999"):
        from_epoch_ms(text)


@pytest.mark.parametrize("text", ["1772366400", "100000000", "99999999999.9"])
def test_seconds_are_refused_as_such(text: str) -> None:
    with pytest.raises(ValueError, match="Looks like seconds"):
        from_epoch_ms(text)


@given(
    st.datetimes(
        timezones=st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
            lambda by: timezone(timedelta(minutes=by // timedelta(minutes=1)))
        )
    ),
    st.text("0123456789", max_size=12),
)
def test_an_instant_is_what_python_has_and_further_digits_change_nothing(at: datetime, more: str) -> None:
    text = at.isoformat(timespec="microseconds")
    try:
        instant = at.astimezone(UTC)
    except OverflowError:
        with pytest.raises(ValueError, match="year 1"):
            from_rfc3339(text)
        return
    assert from_rfc3339(f"{text[:26]}{more}{text[26:]}") == instant


@given(st.integers(-62_000_000_000_000_000, 250_000_000_000_000_000), st.text("0123456789", max_size=12))
def test_the_same_instant_in_milliseconds(microseconds: int, more: str) -> None:
    instant = from_microseconds(microseconds)
    milliseconds = f"{abs(microseconds) // 1000}.{abs(microseconds) % 1000:03}"
    if 1e8 <= microseconds / 1000 < 1e11:
        return
    if microseconds >= 0:
        assert from_epoch_ms(milliseconds + more) == instant
    else:
        assert from_epoch_ms(f"-{milliseconds}") == instant


@given(st.datetimes(timezones=st.just(UTC)) | st.floats())
def test_a_time_is_an_instant_or_refused(timestamp: datetime | float) -> None:
    with suppress(ValueError):
        assert event_time(timestamp).tzinfo is UTC
    if isinstance(timestamp, float) and abs(timestamp) < 1e8:
        assert event_time(timestamp) == from_epoch_ms(Decimal(timestamp))
