"""Readings that wait for ingest-api: in order, bounded, and on disk, so that a restart or a kill -9 loses none."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from iot_contracts.readings import Reading
from service_kit.logging import get_logger
from simulator.delivery.tally import Tally
from simulator.errors import ConfigurationError

FILE_NAME = "buffer.sqlite"
# WAL without a sync at each commit: what is committed survives the death of the process, and a power failure
# costs the last moments at most. The lock is held while the file is open, so two simulators can't share it.
_PRAGMAS = ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL", "cache_size = -512")
_TABLE = "CREATE TABLE IF NOT EXISTS chunks (number INTEGER PRIMARY KEY, readings INTEGER NOT NULL, body BLOB NOT NULL)"
_log = get_logger(__name__)


@dataclass(frozen=True)
class Batch:
    """The oldest readings: a JSON array, ready to be posted."""

    body: bytes
    readings: int


class Buffer:
    """First in, first out, in chunks of what was put together. A full one gives up its oldest chunks, counted.

    Every chunk stays on disk until `settle` says that it is delivered: what was under way when the process died
    is taken again by the next one, with the reading_ids it had.
    """

    def __init__(self, database: sqlite3.Connection, max_readings: int, max_batch: int, tally: Tally) -> None:
        self._database = database
        self._max_readings = max_readings
        self._max_batch = max_batch
        self._chunk = min(max_batch, max_readings)  # one that is larger would not fit even alone
        self._tally = tally
        self._last = int(self._one("SELECT coalesce(max(number), 0) FROM chunks"))
        self._waiting = int(self._one("SELECT coalesce(sum(readings), 0) FROM chunks"))
        self._taken_to = self._settled_to = 0
        self._taken = 0
        self._filled, self._emptied = asyncio.Event(), asyncio.Event()
        self._signal()

    @classmethod
    def open(cls, directory: Path, max_readings: int, max_batch: int, tally: Tally) -> Self:
        """Open the buffer of a directory, with what an earlier process left in it.

        Raises ConfigurationError when it can't be used: not writable, another process's, or damaged.
        """
        path = directory / FILE_NAME
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with ExitStack() as opened:
                database = opened.enter_context(closing(sqlite3.connect(path, timeout=0.5, isolation_level=None)))
                for pragma in _PRAGMAS:
                    database.execute(f"PRAGMA {pragma}")
                database.execute(_TABLE)
                buffer = cls(database, max_readings, max_batch, tally)
                opened.pop_all()
                return buffer
        except sqlite3.OperationalError as error:
            reason = "another simulator uses it" if "locked" in str(error) else str(error)
            raise ConfigurationError(f"{path}: {reason}. Name another folder by --data-dir (data_dir)") from error
        except sqlite3.DatabaseError as error:
            raise ConfigurationError(
                f"{path} is no buffer of readings: {error}. Move it away and start again"
            ) from error
        except OSError as error:
            raise ConfigurationError(f"{directory} can't be written: {error}. Name another by --data-dir") from error

    def __len__(self) -> int:
        """Readings waiting, those being delivered included."""
        return self._waiting

    def put(self, readings: Sequence[Reading]) -> None:
        """Append `readings`. Where the disk refuses them they are dropped, counted and logged."""
        for chunk in _chunks(readings, self._chunk):
            try:
                self._append(chunk)
            except sqlite3.Error as error:
                self._tally.dropped += len(chunk)
                self._tally.last_error = f"The buffer can't be written: {error}. Free space on its disk"
                _log.error("readings were dropped: the buffer can't be written", dropped=len(chunk), reason=str(error))
            self._make_room()
        self._signal()

    async def oldest(self) -> Batch:
        """Wait for readings and take the oldest, at most a batch; call `settle` once they are delivered."""
        await self._filled.wait()
        bodies: list[bytes] = []
        self._taken, self._taken_to = 0, self._settled_to
        query = "SELECT number, readings, body FROM chunks WHERE number > ? ORDER BY number"
        with closing(self._database.execute(query, (self._settled_to,))) as chunks:
            for number, readings, body in chunks:
                if bodies and self._taken + readings > self._max_batch:
                    break
                bodies.append(body)
                self._taken += readings
                self._taken_to = number
        return Batch(b"[" + b",".join(bodies) + b"]", self._taken)

    def settle(self) -> None:
        """What was taken last is delivered."""
        self._settled_to = self._taken_to
        self._waiting -= self._taken
        self._taken = 0
        try:
            self._database.execute("DELETE FROM chunks WHERE number <= ?", (self._settled_to,))
        except sqlite3.Error as error:  # they are passed over, and deleted with the next ones
            _log.error("delivered readings can't be removed from the buffer", reason=str(error))
        self._signal()

    async def wait_until_empty(self) -> None:
        """Return once everything is delivered."""
        await self._emptied.wait()

    def close(self) -> None:
        """Leave what waits to the next process."""
        self._database.close()

    def _append(self, readings: Sequence[Reading]) -> None:
        body = b",".join(msgspec.json.encode(reading) for reading in readings)
        self._database.execute("INSERT INTO chunks VALUES (?, ?, ?)", (self._last + 1, len(readings), body))
        self._last += 1
        self._waiting += len(readings)

    def _make_room(self) -> None:
        while self._waiting > self._max_readings:
            oldest = self._database.execute(
                "SELECT number, readings FROM chunks WHERE number > ? ORDER BY number LIMIT 1",
                (max(self._taken_to, self._settled_to),),
            ).fetchone()
            if oldest is None:  # all that waits is being delivered just now
                return
            try:
                self._database.execute("DELETE FROM chunks WHERE number = ?", oldest[:1])
            except sqlite3.Error as error:  # it stays, and is delivered or given up later
                _log.error("the buffer is over its limit: its oldest can't be removed", reason=str(error))
                return
            self._waiting -= oldest[1]
            self._tally.dropped += oldest[1]

    def _signal(self) -> None:
        for event, state in ((self._filled, self._waiting > 0), (self._emptied, self._waiting == 0)):
            if state:
                event.set()
            else:
                event.clear()

    def _one(self, query: str) -> int:
        return int(self._database.execute(query).fetchone()[0])


def _chunks(readings: Sequence[Reading], size: int) -> Iterator[Sequence[Reading]]:
    for start in range(0, len(readings), size):
        yield readings[start : start + size]
