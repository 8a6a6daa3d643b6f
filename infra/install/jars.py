"""Brings the jars into `.local/jars`: those of every stack, and Trino's with its Java."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from install import venvs
from jars import layout, lockfile
from jars.fetch import FetchError, Progress
from jars.lockfile import Artifact
from stack.errors import IotctlError
from stack.paths import JARS
from stack.steps import Steps


def install(steps: Steps) -> None:
    """Fetch what is missing or damaged, check all of it, lay it out."""
    _lay_out(steps, "jars", layout.of_sets(lockfile.read(), layout.SETS), layout.lay_out)


def install_trino(steps: Steps) -> None:
    """Fetch Trino and its Java and lay them out, unless that is done."""
    venvs.install(venvs.TRINO)
    artifacts = layout.of_sets(lockfile.read(), (layout.TRINO,))
    if not layout.has_trino(JARS, artifacts):
        _lay_out(steps, "Trino", artifacts, layout.lay_out_trino)


def _lay_out(
    steps: Steps, part: str, artifacts: list[Artifact], work: Callable[[Path, list[Artifact], Progress], None]
) -> None:
    total = sum(artifact.size_bytes for artifact in artifacts)
    shown = f"{part} ({total / 1e6:.0f} MB, checked)"
    with steps.download(f"{part}: downloading and checking", shown, total) as progress:
        try:
            work(JARS, artifacts, progress)
        except FetchError as error:
            raise IotctlError(part, str(error), "check the network, then run the same again") from error
