"""`simulator generate` on the terminal: a progress bar, and a line that says what was written."""

import time
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from simulator.generate.service import Period, generate
from simulator.runtime import build_measurements
from simulator.settings import Settings

MIB = 2**20


def generate_with_progress(settings: Settings, period: Period, path: Path) -> None:
    """Write the file and say so. Raises ConfigurationError."""
    measurements = build_measurements(settings, reproducible_ids=True)
    started = time.monotonic()
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task(path.name, total=period.measurements(measurements.rate_per_s))
        written = generate(measurements, period, path, lambda count: progress.advance(task, count))
    Console().print(
        f"wrote {written.readings} readings ({written.anomalies} anomalies) of {settings.sensor_count} sensors, "
        f"{period.start.isoformat()} to {period.end.isoformat()}, into {path}: "
        f"{path.stat().st_size / MIB:.1f} MiB in {time.monotonic() - started:.1f} s",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
