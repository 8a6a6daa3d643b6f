"""The API key that ingest-api asks for, where its operator has turned that on."""

from pathlib import Path

from service_kit.access import client
from simulator.errors import ConfigurationError


def authorization(api_key_file: Path | None) -> dict[str, str]:
    """The HTTP header with the key in the file; none without a file. Raises ConfigurationError."""
    try:
        return client.authorization(api_key_file)
    except client.KeyFileError as error:
        raise ConfigurationError(str(error)) from error
