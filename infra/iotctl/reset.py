"""`iotctl reset`: stop the stack and delete its data (what is installed stays)."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from runtimes.protocol import Runtime
from stack.errors import IotctlError
from stack.paths import PROJECT


def reset(runtime: Runtime, console: Console) -> None:
    """Delete what the stack keeps, and its state folder when nothing else is in it."""
    root = runtime.settings.state.root
    if root in (Path("/"), Path.home(), PROJECT, *PROJECT.parents):
        raise IotctlError("reset", f"STATE_DIR is {root}", "name a folder of the stack's own")
    runtime.down(console)
    runtime.delete_data()
    for file in (runtime.settings.state.runtime, runtime.settings.state.extras):
        file.unlink(missing_ok=True)
    if root.exists() and not any(root.iterdir()):
        root.rmdir()
