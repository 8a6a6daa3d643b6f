"""`iotctl send`: posts a file of readings through ingest-api, so that they are judged like everybody's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from iotctl.errors import IotctlError
from iotctl.kafka_tools.front_door import FrontDoor, RefusedError
from iotctl.kafka_tools.reading_files import Item, in_batches, items_of, with_reading_id

SHOWN_ERRORS = 20


@dataclass
class Tally:
    """What became of a file's items. `errors` are the first ones, each with its place."""

    accepted: int = 0
    rejected: int = 0
    errors: list[str] = field(default_factory=list)

    def reject(self, place: str, why: str) -> None:
        """Count a rejected item."""
        self.rejected += 1
        if len(self.errors) < SHOWN_ERRORS:
            self.errors.append(f"{place}: {why}")


def send(door: FrontDoor, file: str, batch_size: int, console: Console) -> Tally:
    """Post `file` (`-` is standard input) and return what became of it. Raises IotctlError."""
    tally = Tally()
    with _lines(file) as lines, _progress(console, file) as progress:
        task = progress.add_task("", total=None)
        try:
            for batch in in_batches(map(with_reading_id, items_of(lines)), batch_size):
                _post(door, batch, tally)
                progress.update(task, description=f"{tally.accepted:,} accepted, {tally.rejected:,} rejected")
        except UnicodeDecodeError as error:
            raise IotctlError("send", f"{file} is not UTF-8: {error.reason}", "save it as UTF-8") from None
        except ValueError as error:
            raise IotctlError("send", f"{file}: {error}", "readings are JSON (one or an array) or NDJSON") from None
    return tally


def _post(door: FrontDoor, batch: list[Item], tally: Tally) -> None:
    for item in batch:
        if item.trouble:
            tally.reject(item.place, item.trouble)
    _post_or_split(door, [item for item in batch if not item.trouble], tally)


def _post_or_split(door: FrontDoor, batch: list[Item], tally: Tally) -> None:
    """Post a batch; one that is refused as a whole is halved, until the item that spoils it stands alone."""
    if not batch:
        return
    try:
        verdicts = door.post([item.value for item in batch])
    except RefusedError as error:
        if len(batch) == 1:
            tally.reject(batch[0].place, error.why)
            return
        middle = len(batch) // 2
        _post_or_split(door, batch[:middle], tally)
        _post_or_split(door, batch[middle:], tally)
        return
    tally.accepted += verdicts.accepted
    for index, why in verdicts.errors.items():
        tally.reject(batch[index].place, why)
    tally.rejected += verdicts.rejected - len(verdicts.errors)


@contextmanager
def _lines(file: str) -> Iterator[TextIO]:
    if file == "-":
        yield sys.stdin
        return
    try:
        with Path(file).open(encoding="utf-8") as lines:
            yield lines
    except OSError as error:
        raise IotctlError("send", f"{file}: {error.strerror}", "name a file that can be read, or - for input") from None


def _progress(console: Console, file: str) -> Progress:
    columns = (TextColumn(f"{file}: {{task.description}}"), BarColumn(24), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
