"""The API key that a service sends to another one."""

from pathlib import Path


class KeyFileError(Exception):
    """The file of a key cannot be used; says why and what to do."""


def authorization(api_key_file: Path | None) -> dict[str, str]:
    """The HTTP header with the key in the file; none without a file. Raises KeyFileError."""
    if api_key_file is None:
        return {}
    try:
        key = api_key_file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"the API key can't be read: {error}") from error
    if not key.isascii() or not key.isprintable() or not key:
        raise KeyFileError(f"{api_key_file} holds no API key; write the token of `iotctl keys create` into it")
    return {"Authorization": f"Bearer {key}"}
