"""Generated passwords, one file each, readable by the owner only."""

from __future__ import annotations

import os
import secrets

from stack.paths import StatePaths

# PostgreSQL's roles: its superuser, and the owners of the Hive metastore's catalogue and of query-api's database.
NAMES = ("postgres", "metastore", "iot")


def ensure(state: StatePaths) -> None:
    """Generate the passwords that are not there yet."""
    state.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in NAMES:
        if not state.secret(name).exists():
            write(state, name, secrets.token_urlsafe(24))


def write(state: StatePaths, name: str, content: str) -> None:
    """Write a secret, whole or not at all."""
    path = state.secret(name)
    partial = path.with_suffix(".part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    partial.rename(path)


def read(state: StatePaths, name: str) -> str:
    """Return a generated password."""
    return state.secret(name).read_text()
