"""`iotctl reset`: stop the stack and delete its data (what is installed stays)."""

from __future__ import annotations

import shutil
from pathlib import Path

from rich.console import Console

from iotctl import down
from iotctl.errors import IotctlError
from iotctl.paths import PROJECT
from iotctl.stack import Stack


def reset(stack: Stack, console: Console) -> None:
    """Delete the folders that iotctl made in the state folder, and the folder itself when nothing else is in it."""
    state = stack.settings.state
    if state.root in (Path("/"), Path.home(), PROJECT, *PROJECT.parents):
        raise IotctlError("reset", f"STATE_DIR is {state.root}", "name a folder of the stack's own")
    down.stop_all(stack, console)
    for folder in (state.data, state.logs, state.secrets, state.pids, state.run):
        shutil.rmtree(folder, ignore_errors=True)
    if stack.postgres.is_away:
        shutil.rmtree(stack.postgres.config_dir.parent, ignore_errors=True)
    if state.root.exists() and not any(state.root.iterdir()):
        state.root.rmdir()
