"""`iotctl backup` and `iotctl restore`."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from runtimes.choice import remember
from runtimes.protocol import Runtime
from stack.errors import IotctlError
from stack.steps import Steps


def backup(runtime: Runtime, file: Path, console: Console) -> None:
    """Write a backup. A stack that runs is stopped for it and started again: senders keep what they measure meanwhile.

    The file appears under its name when it is complete.
    """
    if not runtime.settings.state.runtime.exists():
        raise IotctlError("backup", "there is no stack in this state folder", "make up makes one")
    if file.exists():
        raise IotctlError("backup", f"{file} is there already", "name another file, or move it away")
    was_up = bool(runtime.states())
    if was_up:
        runtime.down(console)
    partial = file.with_name(f"{file.name}.part")
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with Steps(console) as steps, steps.step(f"{file}: writing", f"{file} written"):
            runtime.backup(partial)
        partial.rename(file)
    except OSError as error:
        raise IotctlError("backup", f"{file}: {error}", "free some space, or name another disk") from error
    finally:
        partial.unlink(missing_ok=True)
        if was_up:
            runtime.up(console, only_infra=False)


def restore(runtime: Runtime, file: Path, console: Console) -> None:
    """Put a backup into this state folder, which must hold nothing; `make up` starts the stack from it."""
    state = runtime.settings.state
    if state.runtime.exists() or state.data.exists():
        raise IotctlError("restore", f"{state.root} holds a stack", "name another STATE_DIR, or make reset first")
    remember(runtime)
    with Steps(console) as steps, steps.step(f"{file}: restoring", f"{file} restored"):
        runtime.restore(file)
