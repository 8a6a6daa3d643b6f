"""`iotctl send`: posts a file of readings through ingest-api, so that they are judged like everybody's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from iot_domain.reading_files.records import BadItem, InvalidFileError
from iotctl.kafka_tools.ingest_client import IngestClient, RefusedError
from iotctl.kafka_tools.reading_files import Item, in_batches, read_items
from stack.errors import IotctlError

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


def send(client: IngestClient, file: str, batch_size: int, console: Console) -> Tally:
    """Post `file` (`-` is standard input) and return what became of it. Raises IotctlError."""
    tally = Tally()
    with _opened(file) as content, _progress(console, file) as progress:
        task = progress.add_task("", total=None)
        try:
            for batch in in_batches(read_items(content, Path(file).suffix.lower()), batch_size):
                _post(client, batch, tally)
                progress.update(task, description=f"{tally.accepted:,} accepted, {tally.rejected:,} rejected")
        except ImportError:
            why = f"{file}: to read Parquet takes pyarrow, which iotctl has not"
            raise IotctlError("send", why, f"the simulator has it: simulator replay {file}") from None
        except InvalidFileError as error:
            remedy = "readings are JSON (one or an array), NDJSON, CSV or Avro; what was sent before counts once"
            raise IotctlError("send", f"{file}: {error}", remedy) from None
    return tally


def _post(client: IngestClient, batch: list[Item | BadItem], tally: Tally) -> None:
    for item in batch:
        if isinstance(item, BadItem):
            tally.reject(item.place, item.reason)
    _post_or_split(client, [item for item in batch if isinstance(item, Item)], tally)


def _post_or_split(client: IngestClient, batch: list[Item], tally: Tally) -> None:
    """Post a batch; one that is refused as a whole is halved, until the item that spoils it stands alone."""
    if not batch:
        return
    try:
        verdicts = client.post([item.text for item in batch])
    except RefusedError as error:
        if len(batch) == 1:
            tally.reject(batch[0].place, error.why)
            return
        middle = len(batch) // 2
        _post_or_split(client, batch[:middle], tally)
        _post_or_split(client, batch[middle:], tally)
        return
    tally.accepted += verdicts.accepted
    for index, why in verdicts.errors.items():
        tally.reject(batch[index].place, why)
    tally.rejected += verdicts.rejected - len(verdicts.errors)


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(file).open("rb") as content:
            yield content
    except OSError as error:
        raise IotctlError("send", f"{file}: {error.strerror}", "name a file that can be read, or - for input") from None


def _progress(console: Console, file: str) -> Progress:
    columns = (TextColumn(f"{file}: {{task.description}}"), BarColumn(24), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
