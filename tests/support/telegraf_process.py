"""Telegraf as a running process: its own configuration, a log for when it fails."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.process import running
from support.telegraf import telegraf

START_DEADLINE_S = 30


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def telegraf_listening(configuration: str, port: int, folder: Path) -> Iterator[None]:
    """Run Telegraf until the block ends; it must listen on `port`. Raises NoTelegrafError."""
    file = folder / "telegraf.conf"
    file.write_text(configuration)
    with running(
        [telegraf(), "--config", file],
        log=folder / "telegraf.log",
        environment=os.environ,
        ready=lambda: _listens(port),
        deadline_s=START_DEADLINE_S,
    ):
        yield
