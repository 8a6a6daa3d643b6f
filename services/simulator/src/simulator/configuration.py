"""Where settings come from: options go before the YAML file, that before the environment, that before the defaults."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from pydantic import ValidationError

from simulator.errors import ConfigurationError
from simulator.settings import Settings

_OF_A_PROCESS = frozenset({"config_file"})
"""Settings that a file can't give."""


def load_settings(config_file: Path | None = None, options: Mapping[str, object] | None = None) -> Settings:
    """The settings; an option that is None was not given.

    Raises ConfigurationError naming each setting that is wrong, and a file that can't be read.
    """
    given = {name: value for name, value in (options or {}).items() if value is not None}
    try:
        environment = Settings()
        path = config_file or environment.config_file
        from_file = {} if path is None else read_config_file(path)
        return Settings.model_validate(environment.model_dump() | from_file | given)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_reasons(error))) from None


def read_config_file(path: Path) -> dict[str, object]:
    """A YAML mapping from settings to values. Raises ConfigurationError for anything else."""
    try:
        content = msgspec.yaml.decode(path.read_bytes(), type=dict[str, object] | None)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: can't be read as a YAML file of settings: {error}") from error
    known = Settings.model_fields.keys() - _OF_A_PROCESS
    unknown = (content or {}).keys() - known
    if unknown:
        raise ConfigurationError(
            f"{path}: no setting is called {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}"
        )
    return content or {}


def _reasons(error: ValidationError) -> list[str]:
    return [f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in error.errors()]
