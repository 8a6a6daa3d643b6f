"""The local double write: what goes to ingest-api also goes into `iot_data_*.json`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from iot_contracts.readings import Reading
from service_kit.logging import get_logger
from simulator.delivery.file_writer import JsonArrayWriter
from simulator.errors import ConfigurationError

MAX_READINGS_PER_FILE = 100_000
"""Then the next file begins: about 25 MiB, which any program that reads JSON whole can still take."""
_log = get_logger(__name__)


class Tee:
    """Files of one JSON array each, named by the time (UTC) of their first reading; complete at any moment."""

    def __init__(self, directory: Path, now: Callable[[], datetime], max_readings: int = MAX_READINGS_PER_FILE) -> None:
        self._directory = directory
        self._now = now
        self._max_readings = max_readings
        self._writer: JsonArrayWriter | None = None
        self._written = 0
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"{directory} can't be made: {error}. Name another folder for the files"
            ) from error

    def write(self, readings: Sequence[Reading]) -> None:
        """Append `readings`. A disk that refuses them costs the copy only: it is logged, the delivery goes on."""
        try:
            while readings:
                writer = self._writer_with_room()
                part = readings[: self._max_readings - self._written]
                writer.write(part)
                self._written += len(part)
                readings = readings[len(part) :]
        except OSError as error:
            _log.error("readings could not be written beside their delivery", reason=str(error), missing=len(readings))

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _writer_with_room(self) -> JsonArrayWriter:
        if self._writer is None or self._written >= self._max_readings:
            self.close()
            self._writer = JsonArrayWriter(self._directory / f"iot_data_{self._now():%Y%m%d_%H%M%S_%f}.json")
            self._written = 0
        return self._writer
