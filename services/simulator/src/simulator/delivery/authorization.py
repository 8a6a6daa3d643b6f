"""The API key that ingest-api asks for, where its operator has turned that on."""

from pathlib import Path

from simulator.errors import ConfigurationError


def authorization(api_key_file: Path | None) -> dict[str, str]:
    """The HTTP header with the key in the file; none without a file. Raises ConfigurationError."""
    if api_key_file is None:
        return {}
    try:
        key = api_key_file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the API key can't be read: {error}") from error
    if not key.isascii() or not key.isprintable() or not key:
        raise ConfigurationError(f"{api_key_file} holds no API key; write the token of `iotctl keys create` into it")
    return {"Authorization": f"Bearer {key}"}
