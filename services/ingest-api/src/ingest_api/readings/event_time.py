"""Event times as a client may write them, as instants in UTC. Pure."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OUT_OF_RANGE = "Is before year 1 or after year 9999 in UTC; send a time inside that range"
SECONDS = "Looks like seconds since the epoch; send milliseconds, or RFC 3339"

# As milliseconds these are days of 1970 to 1973, as seconds those from 1973 to 5138: the usual mistake.
_SECONDS_FROM, _SECONDS_TO = 1e8, 1e11


def event_time(timestamp: datetime | float) -> datetime:
    """The instant of an RFC 3339 time or of milliseconds since the epoch.

    Raises ValueError saying what to do when it is out of range, or seconds.
    """
    try:
        if isinstance(timestamp, datetime):
            return timestamp if timestamp.tzinfo is UTC else timestamp.astimezone(UTC)
        if _SECONDS_FROM <= timestamp < _SECONDS_TO:
            raise ValueError(SECONDS)
        return EPOCH + timedelta(milliseconds=timestamp)
    except OverflowError:
        raise ValueError(OUT_OF_RANGE) from None


def from_microseconds(microseconds: int) -> datetime:
    """The instant `microseconds` after the epoch. Raises ValueError when it is out of range."""
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        raise ValueError(OUT_OF_RANGE) from None
