"""Which identities (`iot_domain.identity`) have come before: exact, in 24 bytes an id, in numpy only. Pure.

Runs of sorted hashes, merged when they are of like size, as a log-structured merge tree does (O'Neil et al.,
Acta Informatica 33, 1996): adding costs O(log n) an id over time, asking one binary search a run.
"""

from datetime import datetime, timedelta
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
Mask = NDArray[np.bool_]

# Odd constants of splitmix64 and xxHash: they spread ids that differ in a few bits only.
_SPREAD_HIGH, _SPREAD_LOW = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
AGES = 8
"""Ids are forgotten in this many steps of the horizon and of the limit."""


class Ids(NamedTuple):
    """128-bit identities as two columns of 64 bits."""

    high: U64
    low: U64

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> Self:
        """From 16 bytes each, one after the other."""
        words = np.frombuffer(data, dtype=">u8").astype(np.uint64).reshape(-1, 2)
        return cls(words[:, 0].copy(), words[:, 1].copy())

    def masked(self, masks: "Ids") -> "Ids":
        """Each combined with its mask by exclusive or."""
        return Ids(self.high ^ masks.high, self.low ^ masks.low)

    def where(self, mask: Mask) -> "Ids":
        """Those that the mask names."""
        return Ids(self.high[mask], self.low[mask])

    def hashes(self) -> U64:
        """A number an id; equal numbers may still be different ids."""
        return (self.high * _SPREAD_HIGH) ^ (self.low * _SPREAD_LOW)


class _Run(NamedTuple):
    hashes: U64
    ids: Ids
    oldest: datetime
    newest: datetime

    def contains(self, ids: Ids, hashes: U64) -> Mask:
        first = np.searchsorted(self.hashes, hashes, side="left")
        found = np.zeros(len(hashes), dtype=np.bool_)
        at = np.minimum(first, len(self.hashes) - 1)
        candidates = np.flatnonzero(self.hashes[at] == hashes)
        place = first[candidates]
        # Nearly always one step; more only where several ids have the same hash.
        while len(candidates):
            same = (self.ids.high[place] == ids.high[candidates]) & (self.ids.low[place] == ids.low[candidates])
            found[candidates[same]] = True
            candidates, place = candidates[~same], place[~same] + 1
            inside = place < len(self.hashes)
            candidates, place = candidates[inside], place[inside]
            still = self.hashes[place] == hashes[candidates]
            candidates, place = candidates[still], place[still]
        return found


class SeenIds:
    """The ids of the last `horizon`, but at most `max_ids` of them: then the oldest are forgotten first."""

    def __init__(self, horizon: timedelta, max_ids: int) -> None:
        self._horizon = horizon
        self._max_ids = max_ids
        self._runs: list[_Run] = []

    def __len__(self) -> int:
        return sum(len(run.hashes) for run in self._runs)

    def repeated(self, ids: Ids) -> Mask:
        """Which of `ids`, in the order of their arrival, were added before or stand earlier in `ids`."""
        mask = _repeated_within(ids)
        hashes = ids.hashes()
        for run in self._runs:
            mask |= run.contains(ids, hashes)
        return mask

    def add(self, ids: Ids, now: datetime) -> None:
        """Remember `ids` as seen at `now`, which never goes back."""
        if len(ids.high):
            self._runs.append(_sorted_run(ids, now, now))
            self._merge(now)
        self._forget(now)

    def _merge(self, now: datetime) -> None:
        while len(self._runs) > 1:
            older, newer = self._runs[-2:]
            size = len(older.hashes) + len(newer.hashes)
            too_old = now - older.oldest > self._horizon / AGES
            if too_old or size > self._max_ids // AGES or len(older.hashes) > 2 * len(newer.hashes):
                return
            both = Ids(np.concatenate((older.ids.high, newer.ids.high)), np.concatenate((older.ids.low, newer.ids.low)))
            self._runs[-2:] = [_sorted_run(both, older.oldest, newer.newest)]

    def _forget(self, now: datetime) -> None:
        self._runs = [run for run in self._runs if now - run.newest <= self._horizon]
        while len(self._runs) > 1 and len(self) > self._max_ids:
            del self._runs[0]


def _sorted_run(ids: Ids, oldest: datetime, newest: datetime) -> _Run:
    hashes = ids.hashes()
    order = np.argsort(hashes, kind="stable")
    return _Run(hashes[order], Ids(ids.high[order], ids.low[order]), oldest, newest)


def _repeated_within(ids: Ids) -> Mask:
    order = np.lexsort((ids.low, ids.high))  # stable, so the first of equals comes first
    high, low = ids.high[order], ids.low[order]
    mask = np.zeros(len(order), dtype=np.bool_)
    mask[order[1:]] = (high[1:] == high[:-1]) & (low[1:] == low[:-1])
    return mask
