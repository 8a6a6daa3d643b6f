"""Talks to the stack's supervisord, starts it and ends it."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport  # type: ignore[import-untyped]  # the package ships no types

from runtimes.native import orphans
from runtimes.protocol import ProgramState
from stack.errors import IotctlError
from stack.paths import StatePaths

UP_WITHIN_S = 15.0
ALREADY_STARTED, NOT_RUNNING, BAD_NAME = 60, 70, 10


class Supervisor:
    """The supervisord of one stack, by its socket. Not to be shared between threads."""

    def __init__(self, state: StatePaths) -> None:
        self._state = state
        transport = SupervisorTransport(None, None, f"unix://{state.socket}")
        self._server = ServerProxy("http://localhost", transport=transport)

    def _call(self, method: str, *arguments: object) -> Any:
        return getattr(self._server.supervisor, method)(*arguments)

    def is_running(self) -> bool:
        """Tell whether a supervisord answers."""
        try:
            return bool(self._call("getState")["statecode"] == 1)
        except (OSError, http.client.HTTPException, Fault):
            return False

    def pid(self) -> int:
        """Return supervisord's own process id."""
        return int(self._call("getPID"))

    def processes(self) -> dict[str, ProgramState]:
        """Return the state of every program by name."""
        infos = cast(list[dict[str, Any]], self._call("getAllProcessInfo"))
        return {info["name"]: _state(info) for info in infos}

    def start(self, name: str) -> None:
        """Start a program unless it is running; does not wait."""
        try:
            self._call("startProcess", name, False)
        except Fault as fault:
            if fault.faultCode != ALREADY_STARTED:
                raise IotctlError(name, f"supervisord: {fault.faultString}", "make logs SERVICE=supervisord") from None

    def stop(self, name: str) -> None:
        """Stop a program and wait until it has ended."""
        try:
            self._call("stopProcess", name, True)
        except Fault as fault:
            if fault.faultCode not in (NOT_RUNNING, BAD_NAME):
                raise

    def shutdown(self, within_s: float = 30.0) -> None:
        """End supervisord (every program that still runs is stopped first) and wait until it is gone."""
        pid = self.pid()
        self._call("shutdown")
        deadline = time.monotonic() + within_s
        while orphans.start_time(pid) is not None and time.monotonic() < deadline:
            time.sleep(0.02)


def _state(info: dict[str, Any]) -> ProgramState:
    uptime_s = info["now"] - info["start"] if info["statename"] == "RUNNING" else 0.0
    return ProgramState(info["name"], info["statename"], info["pid"], uptime_s)


def launch(state: StatePaths, environment: Mapping[str, str]) -> None:
    """Start the stack's supervisord and wait until it answers."""
    _private_folder(state.socket.parent)
    state.socket.unlink(missing_ok=True)
    command = [
        *(sys.executable, "-m", "supervisor.supervisord"),
        *("--configuration", str(Path(__file__).with_name("supervisord.conf"))),
    ]
    result = subprocess.run(
        command, env=dict(environment), cwd="/", capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    supervisor = Supervisor(state)
    deadline = time.monotonic() + UP_WITHIN_S
    while result.returncode == 0 and time.monotonic() < deadline:
        if supervisor.is_running():
            orphans.record(state, "supervisord", supervisor.pid())
            return
        time.sleep(0.02)
    raise IotctlError(
        "supervisord",
        "did not start" if result.returncode == 0 else f"ended with {result.returncode}",
        "see the lines above, correct what they name, then make up again",
        log_tail=(result.stdout + result.stderr).strip(),
    )


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    info = folder.lstat()
    if info.st_uid != os.getuid() or info.st_mode & 0o077:
        raise IotctlError("supervisord", f"{folder} belongs to somebody else", f"remove {folder}")
