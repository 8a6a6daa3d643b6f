"""PostgreSQL: the Hive metastore's catalogue and query-api's database."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from components.component import Component, Host, Step
from components.postgres_layout import copy_programs, initialise_as_its_user
from stack import secrets
from stack.paths import POSTGRES_HOME
from stack.settings import Settings

PROBE_WITHIN_S = 5.0


def ready(settings: Settings) -> str | None:
    """The server accepts connections."""
    command = [
        *(str(POSTGRES_HOME / "bin" / "pg_isready"), "--quiet"),
        *("--host", settings.connect_host, "--port", str(settings.port("POSTGRES"))),
    ]
    code = subprocess.run(command, timeout=PROBE_WITHIN_S, check=False).returncode
    return {0: None, 1: "starting up or shutting down"}.get(code, "no answer")


def environment(host: Host) -> dict[str, str]:
    """Where it is, and where its programs, configuration and data are."""
    layout = host.postgres
    return {
        "POSTGRES_HOST": host.settings.connect_host,
        "POSTGRES_BIN_DIR": str(layout.bin_dir),
        "POSTGRES_CONFIG_DIR": str(layout.config_dir),
        "POSTGRES_DATA_DIR": str(layout.data_dir),
        "POSTGRES_USER": layout.user or host.user,
    }


def initialise(host: Host, _environment: Mapping[str, str]) -> None:
    """Make the data folder with its roles and databases, unless that is done."""
    copy_programs(host.postgres)
    passwords = "".join(f"{name} {secrets.read(host.settings.state, name)}\n" for name in secrets.NAMES)
    initialise_as_its_user(host.postgres, passwords)


POSTGRES = Component(
    name="postgres",
    kind="component",
    command=("%(ENV_POSTGRES_CONFIG_DIR)s/start",),
    probe=ready,
    ports=("POSTGRES",),
    installed=("runtime",),
    # Fast shutdown: ends sessions and writes a checkpoint.
    stop_signal="INT",
    stops_as_group=False,
    environment=environment,
    user=lambda host: host.postgres.user or host.user,
    initialise=Step(initialise),
    addresses=lambda settings: {"PostgreSQL": f"{settings.connect_host}:{settings.port('POSTGRES')}"},
)
