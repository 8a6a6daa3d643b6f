"""Where settings come from: options go before the YAML file, that before the environment, that before the defaults."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import yaml
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
        text = path.read_bytes()
        content = msgspec.yaml.decode(text, type=dict[str, object] | None)
        _require_each_key_once(text)
    except (OSError, msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: can't be read as a YAML file of settings: {error}") from error
    known = Settings.model_fields.keys() - _OF_A_PROCESS
    unknown = (content or {}).keys() - known
    if unknown:
        raise ConfigurationError(
            f"{path}: no setting is called {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}"
        )
    return content or {}


def _require_each_key_once(text: bytes) -> None:
    """Raises ValueError for a mapping with a key twice, as YAML forbids it: a parser keeps the last in silence."""
    waiting, seen = [yaml.compose(text, yaml.SafeLoader)], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
            continue
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"the key {key!r} is there {keys.count(key)} times, in the mapping{node.start_mark}")
        waiting += [value for _, value in node.value]


def _reasons(error: ValidationError) -> list[str]:
    return [f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in error.errors()]
