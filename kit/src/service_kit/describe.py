"""The settings of a service as JSON: `python -m service_kit.describe ingest_api` prints a service's settings.

docs/settings.md is made of this, by `iotctl docs`, which asks each service in the service's own environment.
"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

COMPUTED_DEFAULT = "computed at the start"
_LIMITS = {
    "ge": "≥ {}",
    "gt": "> {}",
    "le": "≤ {}",
    "lt": "< {}",
    "min_length": "length ≥ {}",
    "max_length": "length ≤ {}",
    "pattern": "matches `{}`",
}


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: `variable` is its environment variable; `default` is None when the service demands a value."""

    variable: str
    type: str
    limits: tuple[str, ...]
    default: str | None
    description: str


def settings_classes(module_name: str) -> list[type[BaseSettings]]:
    """The settings classes that a module defines (not those it imports), in their order."""
    module = importlib.import_module(module_name)
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == module_name
    ]


def describe(settings: type[BaseSettings]) -> Iterator[Setting]:
    """Each setting of a class, in the order in which they are declared."""
    prefix = settings.model_config.get("env_prefix", "")
    for name, info in settings.model_fields.items():
        yield Setting(
            variable=_variable(prefix, name, info),
            type=_type_name(info.annotation),
            limits=tuple(_limits(info)),
            default=_default(info),
            description=info.description or "",
        )


def _variable(prefix: str, name: str, info: FieldInfo) -> str:
    if isinstance(info.validation_alias, AliasChoices):
        return " or ".join(str(choice) for choice in info.validation_alias.choices)
    return str(info.validation_alias or f"{prefix}{name}").upper()


def _type_name(annotation: Any) -> str:
    """`int`, `list[str]` and the like; `json` for what can only be written as JSON."""
    origin = get_origin(annotation)
    if origin is Literal:
        return " or ".join(str(choice) for choice in get_args(annotation))
    if origin in (tuple, list):
        element = _type_name(get_args(annotation)[0])
        return "json" if element == "json" else f"list[{element}]"
    alternatives = [part for part in get_args(annotation) if part is not NoneType]
    if origin in (Annotated, Union, UnionType) and (origin is Annotated or len(alternatives) == 1):
        return _type_name(alternatives[0])
    is_plain = isinstance(annotation, type) and issubclass(annotation, (str, int, float, PurePath))
    return annotation.__name__ if is_plain else "json"


def _limits(info: FieldInfo) -> Iterator[str]:
    for constraint in info.metadata:
        for name, text in _LIMITS.items():
            if getattr(constraint, name, None) is not None:
                yield text.format(getattr(constraint, name))


def _default(info: FieldInfo) -> str | None:
    if info.is_required():
        return None
    if info.default_factory is not None:
        return COMPUTED_DEFAULT
    default = info.default
    if default is None or isinstance(default, (str, Path)):
        return str(default or "")
    return msgspec.json.encode(default, enc_hook=_plain).decode()


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def main(arguments: list[str]) -> int:
    """Print the settings of the service whose package is the argument."""
    (package,) = arguments
    found = {setting.variable: setting for cls in settings_classes(f"{package}.settings") for setting in describe(cls)}
    sys.stdout.write(msgspec.json.encode(list(found.values())).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
