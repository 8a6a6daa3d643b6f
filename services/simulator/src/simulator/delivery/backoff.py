"""How long to wait before a request is sent again. Pure."""

FIRST_S = 0.1
LONGEST_S = 2.0
LONGEST_RETRY_AFTER_S = 10.0


def retry_delay_s(attempt: int, retry_after: str | None, jitter: float) -> float:
    """Seconds to wait before attempt `attempt + 1`: doubled each time, at most 2 s.

    A `Retry-After` in seconds is honoured, up to 10 s. `jitter` (0 to 1) takes off up to half of the wait or
    adds up to a tenth to the server's, so that many clients don't come back in step.
    """
    if retry_after is not None and retry_after.strip().isdecimal():
        return min(float(retry_after), LONGEST_RETRY_AFTER_S) * (1 + 0.1 * jitter)
    return float(min(LONGEST_S, FIRST_S * 2 ** min(attempt, 16)) * (1 - 0.5 * jitter))
