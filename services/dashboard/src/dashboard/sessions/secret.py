"""The secret that signs sessions."""

import secrets
from pathlib import Path

SECRET_BYTES = 32


def session_secret(file: Path | None) -> bytes:
    """The content of the file; without one a secret of this process. Raises OSError, and ValueError for a short one."""
    if file is None:
        return secrets.token_bytes(SECRET_BYTES)
    secret = file.read_bytes().strip()
    if len(secret) < SECRET_BYTES:
        raise ValueError(f"{file} has fewer than {SECRET_BYTES} bytes; write a long random text into it")
    return secret
