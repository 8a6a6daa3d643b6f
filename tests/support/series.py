"""Series to replay: a real one where it lies beside the project, otherwise a generated one."""

import csv
import math
import os
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.stack import PROJECT

REAL_SERIES = "data/nab/machine_temperature_system_failure.csv"
"""Numenta Anomaly Benchmark, realKnownCause: an industrial machine's temperature every five minutes."""
GENERATED_LENGTH = 22_695


@dataclass(frozen=True)
class Series:
    """A file of timestamp,value and what is true of it."""

    path: Path
    values: tuple[float, ...]
    timestamps: tuple[str, ...]

    @property
    def mean(self) -> float:
        """Exact mean: the sum is rounded once."""
        return math.fsum(self.values) / len(self.values)


def read_series(path: Path) -> Series:
    """Read a CSV with columns timestamp and value."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return Series(
        path=path,
        values=tuple(float(row["value"]) for row in rows),
        timestamps=tuple(row["timestamp"] for row in rows),
    )


def real_series_path() -> Path | None:
    """The real series: below `SERIES_DIR`, or below a folder beside the project."""
    given = os.environ.get("SERIES_DIR")
    folders = [Path(given)] if given else sorted(PROJECT.parent.iterdir())
    return next((folder / REAL_SERIES for folder in folders if (folder / REAL_SERIES).is_file()), None)


def generate_series(path: Path, length: int = GENERATED_LENGTH) -> None:
    """Write a machine's temperature with a daily cycle, noise and a fault; the same each time."""
    draw = random.Random(7)
    start = datetime(2013, 12, 2, 21, 15, tzinfo=UTC)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp", "value"])
        for index in range(length):
            daily = 8 * math.sin(2 * math.pi * index / 288)
            fault = -60 if length // 2 <= index < length // 2 + 200 else 0
            moment = start + timedelta(minutes=5 * index)
            writer.writerow([f"{moment:%Y-%m-%d %H:%M:%S}", 85 + daily + fault + draw.gauss(0, 2)])


def load_series(folder: Path) -> Series:
    """The real series, or the generated one written into `folder`."""
    path = real_series_path()
    if path is None:
        path = folder / "machine_temperature.csv"
        generate_series(path)
    return read_series(path)
