"""A PostgreSQL of one's own: the project's programs, roles and configuration, a free port, a temporary folder."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from stack.paths import INFRA, POSTGRES_HOME
from support.process import free_port, running

HOST = "127.0.0.1"
START_DEADLINE_S = 30
SYSTEM_USER = "iot-postgres"
ROLE = "iot"


@dataclass(frozen=True)
class PostgresProcess:
    """A server that runs."""

    folder: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """`kill -9` of the server itself; its data stay. Returns once its sessions have noticed."""
        sessions = psutil.Process(self.process.pid).children()
        self.process.kill()
        self.process.wait()
        psutil.wait_procs(sessions, START_DEADLINE_S)

    @contextmanager
    def started_again(self) -> Iterator["PostgresProcess"]:
        """Start it on its old data and port after `kill`; returns once it listens."""
        with _server(self.folder, self.environment) as process:
            yield replace(self, process=process)

    def query_api_settings(self) -> dict[str, str]:
        """What query-api must know to use its database there."""
        return {
            "QUERY_API_DATABASE_PORT": self.environment["POSTGRES_PORT"],
            "QUERY_API_DATABASE_PASSWORD_FILE": str(self.folder / "password"),
        }


@contextmanager
def postgres_process() -> Iterator[PostgresProcess]:
    """Initialise, start and at the end stop a server with infra's scripts; its data are deleted.

    Skips the test where root has no user to run it as, or that user cannot enter the project.
    """
    folder = Path(tempfile.mkdtemp(prefix="iot-postgres-"))
    environment = os.environ | {
        "BIND_HOST": HOST,
        "POSTGRES_PORT": str(free_port()),
        "POSTGRES_BIN_DIR": str(POSTGRES_HOME / "bin"),
        "POSTGRES_CONFIG_DIR": str(INFRA / "postgres"),
        "POSTGRES_DATA_DIR": str(folder / "data"),
        "LC_ALL": "C",
    }
    try:
        password = secrets.token_urlsafe(24)
        (folder / "password").write_text(password)
        if os.getuid() == 0:
            _give_to_its_user(folder)
        subprocess.run(
            [*_as_its_user(), INFRA / "postgres" / "initialise"],
            input=f"postgres {secrets.token_urlsafe(24)}\n{ROLE} {password}\n",
            text=True,
            env=environment,
            cwd="/",
            check=True,
        )
        with _server(folder, environment) as process:
            yield PostgresProcess(folder, environment, process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _give_to_its_user(folder: Path) -> None:
    try:
        shutil.chown(folder, SYSTEM_USER)
    except LookupError:
        pytest.skip(f"PostgreSQL refuses to run as root, and the user {SYSTEM_USER} is not there: make up makes it")
    if any(not part.stat().st_mode & 0o001 for part in POSTGRES_HOME.parents):
        pytest.skip(f"{SYSTEM_USER} cannot enter the project folder")


def _as_its_user() -> tuple[str, ...]:
    if os.getuid() != 0:
        return ()
    user = pwd.getpwnam(SYSTEM_USER)
    return ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextmanager
def _server(folder: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with running(
        [*_as_its_user(), INFRA / "postgres" / "start"],
        log=folder / "postgres.log",
        environment=environment,
        ready=lambda: _listens(int(environment["POSTGRES_PORT"])),
        deadline_s=START_DEADLINE_S,
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)  # ends sessions, other than SIGTERM
