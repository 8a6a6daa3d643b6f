"""Which identities came before: one memory-mapped hash table a partition, shared by all workers of a machine.

An entry is a fact about the log: this identity stands first at this offset, with this content. So a batch that is run
again finds what it found before (a reading is repeated if and only if its identity's first offset is smaller than its
own), and needs no undo. Linear probing (Knuth, The Art of Computer Programming 3, 6.4); 48 bytes an entry, of which
the last 8 tell an entry that a killed process left half written.
"""

import json
import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numba
import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]

HIGH, LOW, POSITION, CONTENT, SENSOR_TIME, CHECK = range(6)
"""Words of an entry. POSITION is the offset plus one: zero is an empty place. SENSOR_TIME: see `sensor_time`."""
WORDS = 6
HEADER_BYTES = 4096
FIRST_PLACES = 1 << 14
MOST_FILLED = 0.6
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Odd constants of splitmix64 and xxHash: they spread what differs in a few bits only.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xC2B2AE3D27D4EB4F)


@dataclass(frozen=True)
class Identities:
    """Readings in the order of their offsets: identity, where they stand, what they say, and whose they are."""

    high: U64
    low: U64
    offsets: I64
    content: U64
    sensor_time: U64

    def __len__(self) -> int:
        return len(self.offsets)

    def slice(self, start: int, end: int) -> "Identities":
        """Those at the positions [start, end)."""
        part = slice(start, end)
        return Identities(
            self.high[part], self.low[part], self.offsets[part], self.content[part], self.sensor_time[part]
        )


class Found(NamedTuple):
    """For each reading the first offset of its identity, and the content that stands there."""

    first_offsets: I64
    content: U64


class Header(NamedTuple):
    """What a table says of itself."""

    topic_id: str
    boot_id: str
    """Of the machine's start: what was not written to disk before a power cut is missing."""
    end: int
    """Every message below this offset has been seen, or is older than `evicted_s` says."""


def sensor_time(sensor_hashes: U64, event_us: I64) -> U64:
    """A sensor (32 bits of a hash) and a time (whole seconds from 1970 on, rounded up) in one word."""
    seconds = np.clip(-(-event_us // 1_000_000), 0, 2**32 - 1).astype(np.uint64)
    return (sensor_hashes << np.uint64(32)) | seconds


class IdentityTable:
    """The identities of one partition: two generations of at most `capacity` each, and what was evicted.

    When the young generation is full the old one is dropped as a whole; the newest event time that it held of each
    sensor is kept. A reading newer than that can't be one of the dropped ones come back.
    """

    def __init__(self, folder: Path, capacity: int) -> None:
        self._folder = folder
        self._capacity = capacity
        self._young = _Places.open(folder / "young")
        self._old = _Places.open(folder / "old")

    @classmethod
    def header(cls, folder: Path) -> Header | None:
        """What the table in `folder` says of itself; None when there is none, or one that lost what it held."""
        try:
            header = Header(**json.loads((folder / "header.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return header if header.boot_id == _boot_id() else None

    @classmethod
    def create(cls, folder: Path, capacity: int, evicted_s: Mapping[int, int]) -> Self:
        """An empty table. `evicted_s`: of each sensor (its hash), up to which event time (seconds since 1970) readings
        may have come before."""
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
        _write(
            folder / "evicted.json",
            json.dumps({str(sensor): seconds for sensor, seconds in evicted_s.items()}).encode(),
        )
        return cls(folder, capacity)

    def find_or_add(self, readings: Identities) -> Found:
        """Find each reading's first occurrence, adding those that are new."""
        found = Found(np.empty(len(readings), np.int64), np.empty(len(readings), np.uint64))
        step = max(1, self._capacity // 4)
        for start in range(0, len(readings), step):
            part = readings.slice(start, start + step)
            self._make_room(len(part))
            into = Found(found.first_offsets[start : start + step], found.content[start : start + step])
            self._young.find_or_add(self._old.places, part, into)
        return found

    def may_be_evicted(self, readings: Identities) -> NDArray[np.bool_]:
        """Which readings are so old that the table may have dropped them: they have to be looked up elsewhere."""
        evicted: dict[str, int] = json.loads((self._folder / "evicted.json").read_text())
        seconds = (readings.sensor_time & np.uint64(2**32 - 1)).astype(np.int64)
        if not evicted:
            return np.zeros(len(readings), np.bool_)
        keys = np.array(sorted(map(int, evicted)), np.uint64)
        bounds = np.array([evicted[str(key)] for key in keys], np.int64)
        hashes = readings.sensor_time >> np.uint64(32)
        at = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
        old: NDArray[np.bool_] = (keys[at] == hashes) & (seconds <= bounds[at])
        return old

    def finish(self, topic_id: str, end: int) -> None:
        """Note that every message below `end` has been seen. It never goes back: entries beyond are facts too."""
        header = self.header(self._folder)
        reached = max(end, header.end) if header and header.topic_id == topic_id else end
        _write(self._folder / "header.json", json.dumps(Header(topic_id, _boot_id(), reached)._asdict()).encode())

    def _make_room(self, more: int) -> None:
        if self._young.count + more > self._capacity and self._young.count:
            self._rotate()
        needed = (self._young.count + more) / MOST_FILLED
        if needed > len(self._young.places):
            self._young = self._young.grown(self._folder / "young", needed)

    def _rotate(self) -> None:
        dropped = self._old.places
        words = dropped[dropped[:, POSITION] != 0, SENSOR_TIME]
        if len(words):
            evicted = json.loads((self._folder / "evicted.json").read_text())
            hashes, seconds = words >> np.uint64(32), (words & np.uint64(2**32 - 1)).astype(np.int64)
            order = np.lexsort((seconds, hashes))
            hashes, seconds = hashes[order], seconds[order]
            last = np.append(hashes[1:] != hashes[:-1], True)
            for key, second in zip(hashes[last].tolist(), seconds[last].tolist(), strict=True):
                evicted[str(key)] = max(second, evicted.get(str(key), -1))
            _write(self._folder / "evicted.json", json.dumps(evicted).encode())
        # The bounds are on disk before the entries go.
        (self._folder / "young").replace(self._folder / "old")
        self._old, self._young = self._young, _Places.open(self._folder / "young")


class _Places:
    """A file of entries, mapped into memory; two words before them say how many there are, and whether that is so."""

    def __init__(self, mapped: mmap.mmap) -> None:
        self.places: U64 = np.frombuffer(mapped, np.uint64, offset=HEADER_BYTES).reshape(-1, WORDS)
        self._counted: U64 = np.frombuffer(mapped, np.uint64, count=2)
        if self._counted[1]:  # a process was killed while it added some
            self.set_count(_count(self.places))

    @property
    def count(self) -> int:
        """How many entries there are."""
        return int(self._counted[0])

    def set_count(self, count: int) -> None:
        """Note how many entries there are."""
        self._counted[:] = count, 0

    def find_or_add(self, older: U64, readings: Identities, into: Found) -> None:
        """Find each reading's first occurrence here or among the `older` entries, adding here those that are new."""
        self._counted[1] = 1
        added = _find_or_add(
            older,
            self.places,
            readings.high,
            readings.low,
            readings.offsets,
            readings.content,
            readings.sensor_time,
            into.first_offsets,
            into.content,
        )
        self.set_count(self.count + added)

    @classmethod
    def open(cls, path: Path) -> Self:
        if not path.exists():
            return cls._new(path, FIRST_PLACES)
        with path.open("r+b") as file:
            return cls(mmap.mmap(file.fileno(), 0))

    @classmethod
    def _new(cls, path: Path, places: int) -> Self:
        temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
        with temporary.open("wb") as file:
            file.truncate(HEADER_BYTES + places * WORDS * 8)
        temporary.replace(path)
        return cls.open(path)

    def grown(self, path: Path, needed: float) -> "_Places":
        """The same entries in a file with room for `needed`; it takes the place of the one at `path`."""
        size = len(self.places)
        while size < needed:
            size *= 2
        larger = self._new(path.with_name("growing"), size)
        _copy(self.places, larger.places)
        path.with_name("growing").replace(path)
        larger.set_count(self.count)
        return larger


def _boot_id() -> str:
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    temporary.write_bytes(content)
    temporary.replace(path)


def _njit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


@_njit
def _check(high: np.uint64, low: np.uint64, position: np.uint64, content: np.uint64, when: np.uint64) -> np.uint64:
    return high ^ (low * _SPREAD) ^ (position * _MIX) ^ (content * _SPREAD) ^ (when * _MIX) ^ _MIX


@_njit
def _place_of(places: U64, high: np.uint64, low: np.uint64) -> np.int64:
    """Where the entry is, or minus one less than where it would go."""
    last = np.uint64(len(places) - 1)
    at = ((high * _SPREAD) ^ (low * _MIX)) & last
    free = np.int64(-1)
    while True:
        entry = places[at]
        if entry[POSITION] == 0:
            return np.int64(-1 - (np.int64(at) if free < 0 else free))
        whole = entry[CHECK] == _check(entry[HIGH], entry[LOW], entry[POSITION], entry[CONTENT], entry[SENSOR_TIME])
        if not whole:
            if free < 0:
                free = np.int64(at)
        elif entry[HIGH] == high and entry[LOW] == low:
            return np.int64(at)
        at = (at + np.uint64(1)) & last


@_njit
def _put(
    places: U64,
    at: int,
    high: np.uint64,
    low: np.uint64,
    position: np.uint64,
    content: np.uint64,
    when: np.uint64,
) -> None:
    entry = places[at]
    entry[CHECK] = _check(high, low, position, content, when)
    entry[HIGH], entry[LOW], entry[CONTENT], entry[SENSOR_TIME] = high, low, content, when
    entry[POSITION] = position


@_njit
def _find_or_add(
    old: U64,
    young: U64,
    highs: U64,
    lows: U64,
    offsets: I64,
    contents: U64,
    whens: U64,
    first_offsets: I64,
    first_contents: U64,
) -> int:
    added = 0
    for i in range(len(offsets)):
        high, low = highs[i], lows[i]
        position = np.uint64(offsets[i] + 1)
        places = old
        at = _place_of(old, high, low)
        if at < 0:
            places = young
            at = _place_of(young, high, low)
        if at < 0:
            at = -1 - at
            added += 1
            _put(places, at, high, low, position, contents[i], whens[i])
        elif places[at][POSITION] > position:
            _put(places, at, high, low, position, contents[i], whens[i])
        first_offsets[i] = np.int64(places[at][POSITION]) - 1
        first_contents[i] = places[at][CONTENT]
    return added


@_njit
def _copy(source: U64, target: U64) -> None:
    for i in range(len(source)):
        entry = source[i]
        if entry[POSITION] == 0:
            continue
        at = _place_of(target, entry[HIGH], entry[LOW])
        if at < 0:
            _put(target, -1 - at, entry[HIGH], entry[LOW], entry[POSITION], entry[CONTENT], entry[SENSOR_TIME])


@_njit
def _count(places: U64) -> int:
    count = 0
    for i in range(len(places)):
        if places[i][POSITION] != 0:
            count += 1
    return count
