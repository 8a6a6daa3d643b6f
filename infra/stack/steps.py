"""Shows the steps of a long command: live lines on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Steps:
    """The steps of one command. Safe to use from many threads."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._plain = not console.is_terminal
        text = TextColumn("{task.description}")
        self._steps = Progress(SpinnerColumn(), text, TimeElapsedColumn(), console=console)
        self._downloads = Progress(SpinnerColumn(), text, BarColumn(24), DownloadColumn(), console=console)
        self._live = Live(Group(self._steps, self._downloads), console=console, transient=True)

    def __enter__(self) -> Steps:
        if not self._plain:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[None]:
        """Show `doing` while the block runs, then `done` with the time that it took."""
        with self._shown(self._steps, doing, done, None):
            yield

    @contextmanager
    def download(self, doing: str, done: str, total_bytes: int) -> Iterator[Callable[[int], None]]:
        """Show a download of known size; the block tells how many bytes more have come."""
        with self._shown(self._downloads, doing, done, total_bytes) as advance:
            yield advance

    def say(self, text: str) -> None:
        """Print one line above the steps that are under way."""
        self._console.print(text, highlight=False)

    @contextmanager
    def _shown(self, progress: Progress, doing: str, done: str, total: int | None) -> Iterator[Callable[[int], None]]:
        started = time.monotonic()
        task = progress.add_task(doing, total=total)
        if self._plain:
            self.say(f"  {doing} ...")
        try:
            yield lambda amount: progress.advance(task, amount)
        finally:
            progress.remove_task(task)
        self.say(f"[green]✓[/] {done} [dim]{time.monotonic() - started:.1f} s[/]")
