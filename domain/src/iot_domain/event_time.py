"""What a time is, at every door: RFC 3339 or milliseconds since the epoch, cut to the microsecond, in UTC. Pure."""

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal, InvalidOperation

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OUT_OF_RANGE = "Is before year 1 or after year 9999 in UTC; send a time inside that range"
SECONDS = "Looks like seconds since the epoch; send milliseconds, or RFC 3339"
NO_OFFSET = "Has no offset from UTC; end it with Z, or with one such as +01:00"
NOT_RFC_3339 = "Is no time of RFC 3339, such as 2026-03-01T12:00:00.123Z"
LEAP_SECOND = "Second 60 is a leap second, which is only at 23:59:60 UTC at the end of a month; correct the clock"
BARE_NUMBER = (
    "A number is no time here: it could be seconds, milliseconds or a date; "
    "write RFC 3339, such as 2026-03-01T12:00:00.123Z"
)

# As milliseconds these are days of 1970 to 1973, as seconds those from 1973 to 5138: the usual mistake.
_SECONDS_FROM, _SECONDS_TO = 1e8, 1e11
_MAX_MS = 10**15
# Cuts: what has more digits than the context holds is never rounded up to the next microsecond.
_CUT = Context(prec=40, rounding=ROUND_FLOOR, traps=[])
_DATE = r"(\d{4}-\d\d-\d\d)"
_OFFSET = r"([Zz]|[+-]\d\d:?\d\d)"
_RFC_3339 = re.compile(rf"{_DATE}[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d+))?{_OFFSET}?", re.ASCII)
_OF_A_TABLE = re.compile(rf"{_DATE}(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?{_OFFSET}?)?", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?\d+([.,]\d*)?\s*")


def event_time(timestamp: datetime | float) -> datetime:
    """The instant of a time or of milliseconds since the epoch, which are exactly what the float is.

    Raises ValueError saying what to do when it is out of range, or seconds.
    """
    if not isinstance(timestamp, datetime):
        return from_epoch_ms(Decimal(timestamp))
    try:
        return timestamp if timestamp.tzinfo is UTC else timestamp.astimezone(UTC)
    except OverflowError:
        raise ValueError(OUT_OF_RANGE) from None


def from_microseconds(microseconds: int) -> datetime:
    """The instant `microseconds` after the epoch. Raises ValueError when it is out of range."""
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        raise ValueError(OUT_OF_RANGE) from None


def from_epoch_ms(milliseconds: Decimal | str) -> datetime:
    """The instant so many milliseconds after the epoch, of a number as JSON writes it.

    Raises ValueError when it is no number, out of range, or looks like seconds.
    """
    try:
        number = Decimal(milliseconds)
    except InvalidOperation:
        raise ValueError(OUT_OF_RANGE) from None
    if not number.is_finite() or not -_MAX_MS < number < _MAX_MS:
        raise ValueError(OUT_OF_RANGE)
    if _SECONDS_FROM <= number < _SECONDS_TO:
        raise ValueError(SECONDS)
    return from_microseconds(int(_CUT.to_integral_value(_CUT.multiply(number, Decimal(1000)))))


def from_rfc3339(text: str) -> datetime:
    """The instant of an RFC 3339 date-time: `T` in either case or a space, any number of digits of a second.

    An offset may lack its colon, as ISO 8601 has it too; `-00:00` is UTC. A leap second, which Python can't hold, is
    the last microsecond before it ends. Raises ValueError saying what is wrong.
    """
    found = _RFC_3339.fullmatch(text)
    if found is None:
        raise ValueError(NOT_RFC_3339)
    if found[5] is None:
        raise ValueError(NO_OFFSET)
    return _instant(found)


def from_table_text(text: str) -> datetime:
    """The instant that a cell of a table says: RFC 3339, of which offset (then UTC), seconds or time may be missing.

    Raises ValueError saying what is wrong.
    """
    found = _OF_A_TABLE.fullmatch(text)
    if found is None:
        raise ValueError(BARE_NUMBER if _NUMBER.fullmatch(text) else NOT_RFC_3339)
    return _instant(found)


def _instant(found: re.Match[str]) -> datetime:
    """The instant of date, hour and minute, second, digits after the point, and offset."""
    date, minute, second, digits, offset = found.groups()
    is_leap = second == "60"
    if is_leap:
        second, digits = "59", "999999"
    if date.startswith("0000"):
        raise ValueError(OUT_OF_RANGE)
    try:
        if minute is not None and minute >= "24":  # some versions of Python read 24:00
            raise ValueError("hour must be in 0..23")
        local = datetime.fromisoformat(f"{date}T{minute or '00:00'}:{second or '00'}.{(digits or '')[:6]:0<6}+00:00")
    except ValueError as error:
        raise ValueError(f"Is not in the calendar: {error}") from None
    if offset not in (None, "Z", "z"):
        try:
            local -= _offset(offset)
        except OverflowError:
            raise ValueError(OUT_OF_RANGE) from None
    if is_leap and not _ends_a_month(local):
        raise ValueError(LEAP_SECOND)
    return local


def _offset(text: str) -> timedelta:
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"The offset {text} is not between -23:59 and +23:59; correct it")
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if text[0] == "-" else offset


def _ends_a_month(instant: datetime) -> bool:
    is_last_minute = (instant.hour, instant.minute) == (23, 59)
    return is_last_minute and (instant.month == 12 or (instant + timedelta(days=1)).day == 1)
