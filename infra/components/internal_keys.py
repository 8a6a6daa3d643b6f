"""The API keys with which the programs of a stack call each other, each with the least scope that it needs.

`python -m components.internal_keys KAFKA FOLDER` makes them for containers: each in FOLDER/<caller>/key.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from components.api_keys import KeysTopic, new_key
from iot_contracts.api_keys import ApiKey, Scope
from stack import secrets
from stack.errors import IotctlError
from stack.paths import StatePaths

CALLERS: dict[str, tuple[Scope, ...]] = {
    "simulator": ("write",),
    # It passes on what people change, once their own key allows it: thresholds and the demo need admin.
    "dashboard": ("admin",),
    "prometheus": ("read",),
    "iotctl": ("admin",),
}
"""Who calls a service, and what for."""


def ensure_keys(topic: KeysTopic, read: Callable[[str], str | None], write: Callable[[str, str], None]) -> list[str]:
    """Make the keys that are missing, revoked or of other scopes, and return whose they are. Raises IotctlError.

    `read` gives a caller's token or None, `write` keeps it.
    """
    known = {key.key_id: key for key in topic.read()}
    made = []
    for caller, scopes in CALLERS.items():
        if not _is_good(known, read(caller), scopes):
            key, token = new_key(caller, scopes, None, datetime.now(UTC))
            topic.put(key)
            write(caller, token)
            made.append(caller)
    return made


def ensure_native_keys(kafka: str, state: StatePaths) -> list[str]:
    """Make what is missing of them as files of the state folder, readable by the owner only."""

    def read(caller: str) -> str | None:
        file = secrets.api_key_file(state, caller)
        return file.read_text() if file.exists() else None

    return ensure_keys(
        KeysTopic(kafka),
        read,
        lambda caller, token: secrets.write(state, secrets.api_key_file(state, caller).name, token),
    )


def _is_good(known: dict[str, ApiKey], token: str | None, scopes: tuple[Scope, ...]) -> bool:
    _, _, id_and_secret = (token or "").partition("_")
    key_id, _, secret = id_and_secret.partition("_")
    key = known.get(key_id)
    if key is None or key.revoked_at is not None or key.scopes != scopes:
        return False
    return hashlib.sha256(secret.encode()).hexdigest() == key.secret_sha256


def main(kafka: str, folder: str) -> int:
    """Make what is missing of them and say so; 1 when that fails."""
    os.umask(0o077)

    def place(caller: str) -> Path:
        return Path(folder) / caller / "key"

    def write(caller: str, token: str) -> None:
        partial = place(caller).with_suffix(".part")
        partial.write_text(token)
        partial.rename(place(caller))

    try:
        made = ensure_keys(
            KeysTopic(kafka), lambda caller: place(caller).read_text() if place(caller).exists() else None, write
        )
    except IotctlError as error:
        sys.stderr.write(f"{error.part}: {error.why}\n")
        return 1
    print(f"API keys made: {', '.join(made) or 'none, all are there'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
