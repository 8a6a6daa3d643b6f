"""Times relative to now, as a question may name them: `now`, `now-24h`, `now/d`, `now-1d/d`. Pure."""

import re
from datetime import datetime, timedelta
from typing import Final

_RELATIVE: Final = re.compile(r"now(?:([+-])(\d{1,6})([smhdw]))?(?:/([smhd]))?")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def relative_time(text: str, now: datetime) -> datetime | None:
    """The time that `text` names, `/unit` rounding down in UTC; None when it is no relative time.

    Raises OverflowError when no datetime can hold it.
    """
    match = _RELATIVE.fullmatch(text)
    if match is None:
        return None
    sign, amount, unit, rounding = match.groups()
    time = now
    if amount is not None:
        distance = timedelta(seconds=int(amount) * _SECONDS[unit])
        time = time - distance if sign == "-" else time + distance
    if rounding is not None:
        midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
        step = timedelta(seconds=_SECONDS[rounding])
        time = midnight + (time - midnight) // step * step
    return time
