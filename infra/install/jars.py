"""Brings the jars into `.local/jars`."""

from __future__ import annotations

from jars import lockfile
from jars.fetch import FetchError
from jars.layout import lay_out
from stack.errors import IotctlError
from stack.paths import JARS
from stack.steps import Steps


def install(steps: Steps) -> None:
    """Fetch what is missing or damaged, check all of it, lay it out."""
    artifacts = lockfile.read()
    total = sum(artifact.size_bytes for artifact in artifacts)
    with steps.download("jars: downloading and checking", f"jars ({total / 1e6:.0f} MB, checked)", total) as progress:
        try:
            lay_out(JARS, artifacts, progress)
        except FetchError as error:
            raise IotctlError("jars", str(error), "check the network, then run the same again") from error
