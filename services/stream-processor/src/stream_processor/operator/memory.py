"""What the operator remembers of a partition's series between two batches: the detector's states and the alerts.

A file a partition and offset, written once: a batch that is run again begins with what it began with before. The
newest few are kept; a worker keeps what it wrote last, which is a cache and never the truth.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from iot_domain.alerting import state as alert_state
from iot_domain.alerting.state import AlertState
from stream_processor.detection.state import STATE, new_states

KEPT_FILES = 4
SUFFIX = ".msgpack"
TICKED_SUFFIX = ".ticked" + SUFFIX
SeriesKey = tuple[str, str, str]
"""Sensor, type and unit: a sensor may measure several things."""


class _File(Struct, array_like=True):
    format: str
    keys: list[SeriesKey]
    states: bytes
    alerts: bytes


_FORMAT = f"2 {STATE.itemsize}"
"""States of another layout are of another version of the detector: it begins anew."""
_last: dict[Path, "SeriesMemory"] = {}


class SeriesMemory:
    """The series of one partition."""

    def __init__(self) -> None:
        self._index: dict[SeriesKey, int] = {}
        self._states: NDArray[np.void] = new_states(0)
        self.alerts = AlertState()

    def indexes(self, keys: Sequence[SeriesKey]) -> NDArray[np.int32]:
        """Where in `states_of` each series is."""
        return np.fromiter(map(self._index.__getitem__, keys), np.int32, len(keys))

    def states_of(self, keys: Sequence[SeriesKey]) -> NDArray[np.void]:
        """The detector's states of all series, to be changed in place; new series are added."""
        for key in dict.fromkeys(key for key in keys if key not in self._index):
            self._index[key] = len(self._index)
        if len(self._index) > len(self._states):
            # Twice as many as before: each new series alone would copy all.
            grown = new_states(max(len(self._index), 2 * len(self._states)))
            grown[: len(self._states)] = self._states
            self._states = grown
        return self._states

    @classmethod
    def load(cls, folder: Path, offset: int) -> "SeriesMemory":
        """What was remembered at an offset, to be changed by the caller; nothing when there is no file of it."""
        path = path_at(folder, offset)
        kept = _last.pop(path, None)
        ticked = path.with_suffix(TICKED_SUFFIX)
        if ticked.exists():
            return cls.decode(ticked.read_bytes())
        if not path.exists():
            return cls()
        return cls.decode(path.read_bytes()) if kept is None else kept

    @classmethod
    def decode(cls, content: bytes) -> "SeriesMemory":
        """Read what `encode` made. Raises msgspec.DecodeError on anything else."""
        file = msgspec.msgpack.decode(content, type=_File)
        memory = cls()
        memory.alerts = alert_state.decode(file.alerts)
        if file.format == _FORMAT:
            memory._index = {key: index for index, key in enumerate(file.keys)}
            # Of a copy, numpy would leave what is between the fields as it was in memory before.
            memory._states = np.frombuffer(bytearray(file.states), STATE)
        return memory

    def encode(self) -> bytes:
        """All of it as bytes."""
        states = self._states[: len(self._index)].tobytes()
        return msgspec.msgpack.encode(_File(_FORMAT, list(self._index), states, alert_state.encode(self.alerts)))

    def save(self, folder: Path, offset: int) -> None:
        """Remember this at an offset. Files of older offsets than the newest few go."""
        folder.mkdir(parents=True, exist_ok=True)
        path = path_at(folder, offset)
        self._write(path)
        older = sorted(other for other in folder.glob(f"*{SUFFIX}") if other < path)
        for other in older[: -KEPT_FILES + 1]:
            other.unlink(missing_ok=True)
        for other in [other for other in _last if other.parent == folder]:
            del _last[other]
        _last[path] = self

    def save_ticked(self, folder: Path, offset: int) -> None:
        """Remember what was found absent after the message before `offset`: from now on this is what it begins with.

        In a file of its own, so that a batch that is run again and ends there does not undo it.
        """
        self._write(path_at(folder, offset).with_suffix(TICKED_SUFFIX))

    def _write(self, path: Path) -> None:
        """Whole, or not at all."""
        temporary = path.with_suffix(f".{os.getpid()}.new")
        temporary.write_bytes(self.encode())
        temporary.replace(path)


def path_at(folder: Path, offset: int) -> Path:
    """Where what was remembered at an offset is."""
    return folder / f"{offset:020d}{SUFFIX}"
