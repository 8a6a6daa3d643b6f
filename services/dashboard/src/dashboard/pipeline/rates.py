"""How fast a counter grows, from looks at it. Pure; the clock is passed in."""

from collections import deque
from itertools import pairwise

WINDOW_S = 30.0
"""A rate is that of about so long."""
LEAST_WATCH_S = 5.0
"""A counter that was watched for so long and did not grow stands still."""
PATIENCE_S = 2.0


class RateMeter:
    """Rate of one counter, from the times at which it was seen to grow.

    A counter that grows in steps (a commit every few seconds) is measured from step to step, so that its rate does not
    depend on when it is looked at. Once it has not grown for much longer than before, the silence counts too.
    """

    def __init__(self) -> None:
        self._growth: deque[tuple[float, float]] = deque()
        self._watched_since = 0.0
        self._looked_at = float("-inf")

    def look(self, value: float, now: float, grown_at: float | None = None) -> float | None:
        """Rate per second; None as long as it is not known.

        `now` in seconds; `grown_at` when the counter came to `value`, where that is known, on the same clock.
        """
        started_over = bool(self._growth) and value < self._growth[-1][1]
        if started_over or now - self._looked_at > WINDOW_S:
            self._growth.clear()
            self._watched_since = now
        self._looked_at = now
        if not self._growth:
            self._growth.append((now if grown_at is None else grown_at, value))
        elif value > self._growth[-1][1]:
            # A clock that was set back must not make a span negative.
            self._growth.append((max(now if grown_at is None else grown_at, self._growth[-1][0]), value))
        while len(self._growth) > 1 and self._growth[1][0] <= now - WINDOW_S:
            self._growth.popleft()
        return self._rate(now)

    def _rate(self, now: float) -> float | None:
        (began, first), (ended, last) = self._growth[0], self._growth[-1]
        if len(self._growth) == 1:
            return 0.0 if now - max(began, self._watched_since) >= LEAST_WATCH_S else None
        times = [at for at, _ in self._growth]
        longest_step = max(later - earlier for earlier, later in pairwise(times))
        is_silent = now - ended > 2 * longest_step + PATIENCE_S
        span = (now if is_silent else ended) - began
        return (last - first) / span if span > 0 else None
