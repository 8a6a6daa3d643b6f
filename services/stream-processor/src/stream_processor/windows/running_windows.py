"""The live windows in memory: panes merged batch by batch, windows combined from them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from iot_contracts.window_stats import WINDOW_LENGTH_S, WINDOW_SLIDE_S, WindowStats

SUM_UNIT = 2.0**64
"""Sums of values are kept in this unit, in which not even values from before they were bounded overflow; it is a power
of two, so that no digit changes of what is larger than 1e-288."""


class PaneKey(NamedTuple):
    """A pane: half a minute of event time (its start in seconds since the epoch) of one type at one location."""

    start_s: int
    sensor_type: str
    location: str


@dataclass(frozen=True)
class Pane:
    """What the readings of a pane were; `value_sum` in SUM_UNIT."""

    readings: int
    value_sum: float
    value_min: float
    value_max: float
    anomalies: int

    def merged(self, other: "Pane") -> "Pane":
        """Both panes' readings together."""
        return Pane(
            readings=self.readings + other.readings,
            value_sum=self.value_sum + other.value_sum,
            value_min=min(self.value_min, other.value_min),
            value_max=max(self.value_max, other.value_max),
            anomalies=self.anomalies + other.anomalies,
        )


def panes_from_rows(rows: Iterable[Mapping[str, Any]]) -> dict[PaneKey, Pane]:
    """Panes from rows of `windows.panes.aggregate_panes`."""
    return {
        PaneKey(row["pane_start"], row["sensor_type"], row["location"]): Pane(
            readings=row["readings"],
            value_sum=row["value_sum"],
            value_min=row["value_min"],
            value_max=row["value_max"],
            anomalies=row["anomalies"],
        )
        for row in rows
    }


class RunningWindows:
    """The panes of the last `horizon_s` seconds of event time, at most `max_panes` of them.

    A window is published only while all its panes are live: one of which a part was dropped would replace the
    whole one that was published before.
    """

    def __init__(self, horizon_s: int, max_panes: int) -> None:
        self._horizon_s = horizon_s
        self._max_panes = max_panes
        self._panes: dict[PaneKey, Pane] = {}
        self._newest_s = 0
        self._forgotten_before_s = 0

    def oldest_live_s(self, now: datetime) -> int:
        """Start of the oldest pane that is live: readings before it change no live window.

        Counted from the newest event time seen, but never from the future: one sensor with a wrong clock
        must not end everybody's windows. What was forgotten once is not live again.
        """
        within_horizon_s = min(self._newest_s, int(now.timestamp())) - self._horizon_s
        return max(within_horizon_s, self._forgotten_before_s)

    def merge(self, panes: Mapping[PaneKey, Pane], now: datetime) -> list[WindowStats]:
        """Add a batch's panes and return the windows that they changed."""
        if panes:
            self._newest_s = max(self._newest_s, *(min(key.start_s, int(now.timestamp())) for key in panes))
        oldest = self.oldest_live_s(now)
        live = {key: pane for key, pane in panes.items() if key.start_s >= oldest}
        for key, pane in live.items():
            known = self._panes.get(key)
            self._panes[key] = pane if known is None else known.merged(pane)
        self._forget_before(oldest)
        return self.windows_of(live)

    def windows_of(self, keys: Iterable[PaneKey]) -> list[WindowStats]:
        """The windows that these panes are part of, as they stand now."""
        starts = {
            key._replace(start_s=start_s)
            for key in keys
            for start_s in range(key.start_s, key.start_s - WINDOW_LENGTH_S, -WINDOW_SLIDE_S)
            if start_s >= self._forgotten_before_s
        }
        windows = (self._window(start) for start in sorted(starts))
        return [window for window in windows if window is not None]

    def _window(self, start: PaneKey) -> WindowStats | None:
        parts = [
            self._panes[key]
            for offset_s in range(0, WINDOW_LENGTH_S, WINDOW_SLIDE_S)
            if (key := start._replace(start_s=start.start_s + offset_s)) in self._panes
        ]
        if not parts:
            return None
        total = parts[0]
        for part in parts[1:]:
            total = total.merged(part)
        return WindowStats(
            window_start=datetime.fromtimestamp(start.start_s, UTC),
            window_end=datetime.fromtimestamp(start.start_s + WINDOW_LENGTH_S, UTC),
            sensor_type=start.sensor_type,
            location=start.location,
            count=total.readings,
            avg=total.value_sum / total.readings * SUM_UNIT,
            min=total.value_min,
            max=total.value_max,
            anomaly_count=total.anomalies,
        )

    def _forget_before(self, oldest_s: int) -> None:
        excess = len(self._panes) - self._max_panes
        if excess > 0:
            # All panes that began at the same time go together, or some locations would be published and others not.
            oldest_s = max(oldest_s, sorted(self._panes)[excess - 1].start_s + WINDOW_SLIDE_S)
        self._forgotten_before_s = oldest_s
        for key in [key for key in self._panes if key.start_s < oldest_s]:
            del self._panes[key]
