"""When a delivery that failed is tried again. Pure."""

FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 3600.0
MAX_ATTEMPTS = 36
"""A little more than a day."""


def pause_s(attempts: int) -> float | None:
    """Seconds until the next attempt after `attempts` failed ones; None: give up."""
    if attempts >= MAX_ATTEMPTS:
        return None
    return min(FIRST_PAUSE_S * 2.0 ** max(0, attempts - 1), LONGEST_PAUSE_S)
