"""Live windows, compared with what the same readings give in one plain computation."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_contracts.window_stats import WINDOW_LENGTH_S, WINDOW_SLIDE_S, WindowStats
from stream_processor.windows.running_windows import SUM_UNIT, Pane, PaneKey, RunningWindows, panes_from_rows

HORIZON_S = 600
T0 = 1_767_225_600
NOW = datetime.fromtimestamp(T0 + 3600, UTC)


class Measured(NamedTuple):
    """One reading: seconds after T0, where, the value in quarters (sums of those are exact), anomalous or not."""

    at_s: int
    location: str
    quarters: int
    anomalous: bool

    @property
    def value(self) -> float:
        return self.quarters / 4


WindowKey = tuple[int, str]
readings = st.builds(
    Measured,
    st.integers(0, HORIZON_S - 1),
    st.sampled_from(["north", "south"]),
    st.integers(-4000, 4000),
    st.booleans(),
)
batches = st.lists(st.lists(readings, max_size=20), max_size=6)


def panes_of(measured: Iterable[Measured]) -> dict[PaneKey, Pane]:
    panes: dict[PaneKey, Pane] = {}
    for one in measured:
        key = PaneKey((T0 + one.at_s) // WINDOW_SLIDE_S * WINDOW_SLIDE_S, "temperature", one.location)
        pane = Pane(1, one.value / SUM_UNIT, one.value, one.value, int(one.anomalous))
        panes[key] = pane.merged(panes[key]) if key in panes else pane
    return panes


def windows_by_hand(measured: Iterable[Measured]) -> dict[WindowKey, WindowStats]:
    inside: dict[WindowKey, list[Measured]] = defaultdict(list)
    for one in measured:
        last = (T0 + one.at_s) // WINDOW_SLIDE_S * WINDOW_SLIDE_S
        for start_s in range(last, last - WINDOW_LENGTH_S, -WINDOW_SLIDE_S):
            inside[start_s, one.location].append(one)
    return {
        (start_s, location): WindowStats(
            window_start=datetime.fromtimestamp(start_s, UTC),
            window_end=datetime.fromtimestamp(start_s + WINDOW_LENGTH_S, UTC),
            sensor_type="temperature",
            location=location,
            count=len(found),
            avg=sum(one.value for one in found) / len(found),
            min=min(one.value for one in found),
            max=max(one.value for one in found),
            anomaly_count=sum(one.anomalous for one in found),
        )
        for (start_s, location), found in inside.items()
    }


def keyed(windows: Iterable[WindowStats]) -> dict[WindowKey, WindowStats]:
    return {(int(window.window_start.timestamp()), window.location): window for window in windows}


def merged(batches: Sequence[Sequence[Measured]], windows: RunningWindows) -> dict[WindowKey, WindowStats]:
    """What somebody holds who keeps the newest message of each window."""
    held: dict[WindowKey, WindowStats] = {}
    for batch in batches:
        held |= keyed(windows.merge(panes_of(batch), NOW))
    return held


@given(batches)
def test_any_split_into_batches_gives_the_same_windows(batches: list[list[Measured]]) -> None:
    everything = [one for batch in batches for one in batch]
    assert merged(batches, RunningWindows(HORIZON_S, 1000)) == windows_by_hand(everything)


@given(st.lists(readings), st.randoms(use_true_random=False))
def test_the_order_of_readings_does_not_matter(measured: list[Measured], chance: random.Random) -> None:
    shuffled = chance.sample(measured, len(measured))
    one_by_one = [[one] for one in shuffled]
    assert merged(one_by_one, RunningWindows(HORIZON_S, 1000)) == windows_by_hand(measured)


@given(batches, st.lists(readings, min_size=1))
def test_a_batch_changes_the_windows_that_its_readings_lie_in_and_no_other(
    batches: list[list[Measured]], last: list[Measured]
) -> None:
    windows = RunningWindows(HORIZON_S, 1000)
    merged(batches, windows)
    assert set(keyed(windows.merge(panes_of(last), NOW))) == set(windows_by_hand(last))


@given(st.lists(readings, min_size=1))
def test_a_repeated_batch_is_told_again_as_it_stands(measured: list[Measured]) -> None:
    windows = RunningWindows(HORIZON_S, 1000)
    told = windows.merge(panes_of(measured), NOW)
    assert windows.windows_of(panes_of(measured)) == told


# Five times the horizon of two minutes, at one place: what comes next often changes a window that is passing away.
spread = st.builds(Measured, st.integers(0, 599), st.just("north"), st.integers(-4000, 4000), st.booleans())


@given(st.lists(st.lists(spread, max_size=20), max_size=6), st.integers(1, 6))
def test_a_window_that_is_told_is_never_one_of_which_a_part_was_forgotten(
    batches: list[list[Measured]], max_panes: int
) -> None:
    windows = RunningWindows(120, max_panes)
    so_far: list[Measured] = []
    for batch in batches:
        oldest_s = windows.oldest_live_s(NOW) - T0
        so_far += [one for one in batch if one.at_s // WINDOW_SLIDE_S * WINDOW_SLIDE_S >= oldest_s]
        expected = windows_by_hand(so_far)
        for key, window in keyed(windows.merge(panes_of(batch), NOW)).items():
            assert window == expected[key]


def test_a_reading_older_than_the_horizon_changes_no_window() -> None:
    windows = RunningWindows(HORIZON_S, 1000)
    windows.merge(panes_of([Measured(1200, "north", 4, False)]), NOW)
    assert windows.oldest_live_s(NOW) == T0 + 1200 - HORIZON_S
    assert windows.merge(panes_of([Measured(1200 - HORIZON_S - 1, "north", 4, False)]), NOW) == []


def test_a_reading_in_the_oldest_live_pane_does_not_tell_the_window_that_began_before_it() -> None:
    windows = RunningWindows(HORIZON_S, 1000)
    windows.merge(panes_of([Measured(0, "north", 4, False), Measured(30, "north", 4, False)]), NOW)
    windows.merge(panes_of([Measured(30 + HORIZON_S, "north", 4, False)]), NOW)
    told = keyed(windows.merge(panes_of([Measured(31, "north", 8, False)]), NOW))
    assert {start_s - T0: window.count for (start_s, _), window in told.items()} == {30: 2}


def test_a_sensor_with_a_clock_ahead_of_time_ends_nobodys_windows() -> None:
    windows = RunningWindows(HORIZON_S, 1000)
    in_an_hour = panes_of([Measured(7200, "north", 4, False)])
    windows.merge(in_an_hour, NOW)
    assert windows.oldest_live_s(NOW) == NOW.timestamp() - HORIZON_S
    assert len(windows.merge(panes_of([Measured(3590, "south", 4, False)]), NOW)) == 2


@pytest.mark.parametrize("max_panes", [1, 5])
def test_more_panes_than_allowed_are_forgotten_oldest_first(max_panes: int) -> None:
    windows = RunningWindows(HORIZON_S, max_panes)
    ten = [Measured(at_s, "north", 4, False) for at_s in range(0, 300, 30)]
    told = keyed(windows.merge(panes_of(ten), NOW))
    assert sorted(start_s - T0 for start_s, _ in told) == list(range(300 - max_panes * 30, 300, 30))
    assert windows.oldest_live_s(NOW) == T0 + 300 - max_panes * 30


def test_panes_come_from_the_rows_that_spark_collects() -> None:
    row = {"pane_start": T0, "sensor_type": "light", "location": "north", "readings": 2, "value_sum": 3.0}
    row |= {"value_min": 1.0, "value_max": 2.0, "anomalies": 1, "valid": 2}
    assert panes_from_rows([row]) == {PaneKey(T0, "light", "north"): Pane(2, 3.0, 1.0, 2.0, 1)}
