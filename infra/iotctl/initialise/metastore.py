"""The Hive metastore's tables, from the script that its distribution brings."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from iotctl.errors import IotctlError
from iotctl.initialise import metastore_bind_host, secrets
from iotctl.paths import JARS, POSTGRES_HOME
from iotctl.settings import Settings

SCHEMA = JARS / "hive-metastore" / "scripts" / "metastore" / "upgrade" / "postgres" / "hive-schema-3.1.0.postgres.sql"


def initialise(settings: Settings, environment: Mapping[str, str]) -> None:
    """Bind it to this stack's address, and make the tables in one transaction unless they are there.

    The metastore's own schema tool runs this same script; psql does it in a fraction of the JVM's start-up time, and
    all or nothing.
    """
    metastore_bind_host.install(Path(environment["METASTORE_CLASSES_DIR"]), settings.bind_host)
    if _psql(settings, ["--command", "SELECT to_regclass('\"VERSION\"') IS NOT NULL"]).strip() == "t":
        return
    _psql(settings, ["--single-transaction", "--file", str(SCHEMA)])


def _psql(settings: Settings, arguments: list[str]) -> str:
    command = [
        *(str(POSTGRES_HOME / "bin" / "psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"),
        *("--set", "ON_ERROR_STOP=1", "--host", settings.connect_host, "--port", str(settings.port("POSTGRES"))),
        *("--username", "metastore", "--dbname", "metastore", *arguments),
    ]
    password = secrets.read(settings.state, "metastore")
    result = subprocess.run(command, env={"PGPASSWORD": password}, capture_output=True, text=True)
    if result.returncode != 0:
        raise IotctlError(
            "metastore",
            "its tables could not be made",
            "make logs SERVICE=postgres, then make up again",
            log_tail=result.stderr[-2000:],
        )
    return result.stdout
