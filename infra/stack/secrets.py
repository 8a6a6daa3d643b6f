"""Generated passwords, one file each, readable by the owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from stack.paths import StatePaths

# PostgreSQL's roles: its superuser, and the owners of the Hive metastore's catalogue and of query-api's database.
NAMES = ("postgres", "metastore", "iot")
SESSION = "dashboard-session"
"""Signs the sessions of browsers; a new one signs everybody out."""


def ensure(state: StatePaths) -> None:
    """Generate the passwords that are not there yet."""
    state.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (*NAMES, SESSION):
        if not state.secret(name).exists():
            write(state, name, secrets.token_urlsafe(32))


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


def api_key_file(state: StatePaths, caller: str) -> Path:
    """Return the file of the API key of a program of the stack, or of iotctl."""
    return state.secret(f"{caller}-api-key")


def own_api_key(state: StatePaths) -> str:
    """Return the API key that commands send: API_KEY of the environment, else the one that `make up` made, else ""."""
    given = os.environ.get("API_KEY")
    file = api_key_file(state, "iotctl")
    return given or (file.read_text().strip() if file.exists() else "")


def authorization(state: StatePaths) -> dict[str, str]:
    """Return the HTTP header with that key; none without a key."""
    key = own_api_key(state)
    return {"Authorization": f"Bearer {key}"} if key else {}
