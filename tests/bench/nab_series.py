"""Series of the Numenta Anomaly Benchmark that lie beside the repository, or where NAB_DIR says; it has none itself."""

import csv
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

FOLDER = Path(os.environ.get("NAB_DIR") or Path(__file__).resolve().parents[3] / "shared" / "data" / "nab")


@dataclass(frozen=True)
class Series:
    """One series; windows are first and last row of what is known to have gone wrong."""

    name: str
    times_us: np.ndarray
    values: np.ndarray
    windows: list[tuple[int, int]]


def load(folder: Path = FOLDER) -> list[Series]:
    """All series that `windows.json` names. Raises FileNotFoundError."""
    windows = json.loads((folder / "windows.json").read_text())
    return [_read(folder / name, spans) for name, spans in windows.items()]


def _read(path: Path, spans: list[list[str]]) -> Series:
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    times = np.array([_microseconds(row["timestamp"]) for row in rows])
    windows = [
        (
            int(np.searchsorted(times, _microseconds(start))),
            int(np.searchsorted(times, _microseconds(end), "right")) - 1,
        )
        for start, end in spans
    ]
    return Series(path.stem, times, np.array([float(row["value"]) for row in rows]), windows)


def _microseconds(text: str) -> int:
    return round(datetime.fromisoformat(text.strip()).replace(tzinfo=UTC).timestamp() * 1e6)
