"""Questions that are kept under a name: files of SQL whose first lines say what they answer and take. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from query_api.errors import InvalidParameterError
from query_api.times import relative_time

_HEADER: Final = re.compile(r"-- (title|group|description|parameter): (.+)")
_PARAMETER: Final = re.compile(r"(\w+) (text|number|time)(?: = (\S+))? (.+)")


@dataclass(frozen=True)
class Parameter:
    """A parameter; a time may be relative (`now-24h`), and `-` as a default is null: everything."""

    name: str
    type: str
    default: str | None
    description: str

    def value(self, text: str | None, now: datetime) -> Any:
        """The value to bind. Raises InvalidParameterError for text that is not of its type."""
        text = self.default if text is None else text
        if text is None:
            return None
        try:
            match self.type:
                case "number":
                    return float(text)
                case "time":
                    return relative_time(text, now) or datetime.fromisoformat(text)
                case _:
                    return text
        except (ValueError, OverflowError):
            raise InvalidParameterError(
                f"{self.name}={text!r} is no {self.type}"
                + (": give RFC 3339 (2026-03-01T12:00:00Z) or relative (now-24h)" if self.type == "time" else "")
            ) from None


@dataclass(frozen=True)
class NamedQuery:
    """One question."""

    name: str
    group: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    sql: str

    def bind(self, given: Mapping[str, str], now: datetime) -> dict[str, Any]:
        """Values of all parameters. Raises InvalidParameterError for one that is unknown or not of its type."""
        unknown = sorted(set(given) - {parameter.name for parameter in self.parameters})
        if unknown:
            known = ", ".join(parameter.name for parameter in self.parameters) or "none"
            raise InvalidParameterError(f"{self.name} has no parameter {unknown[0]}; it has: {known}")
        return {parameter.name: parameter.value(given.get(parameter.name), now) for parameter in self.parameters}


@cache
def named_queries() -> Mapping[str, NamedQuery]:
    """Every query of the folder `queries`, by group and name."""
    folder = files("query_api.sql") / "queries"
    read = [parse(file.name.removesuffix(".sql"), file.read_text()) for file in folder.iterdir() if ".sql" in file.name]
    return {query.name: query for query in sorted(read, key=lambda query: (query.group, query.name))}


def parse(name: str, text: str) -> NamedQuery:
    """Read a file. Raises ValueError where its header says something that is not understood."""
    fields: dict[str, str] = {}
    parameters: list[Parameter] = []
    lines = text.splitlines()
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            break
        if header[1] == "parameter":
            parameter = _PARAMETER.fullmatch(header[2])
            if parameter is None:
                raise ValueError(f"{name}: `{line}` is not `-- parameter: name type = default description`")
            default = None if parameter[3] in (None, "-") else parameter[3]
            parameters.append(Parameter(parameter[1], parameter[2], default, parameter[4]))
        else:
            fields[header[1]] = header[2]
    sql = "\n".join(line for line in lines if not _HEADER.fullmatch(line)).strip()
    return NamedQuery(name, fields["group"], fields["title"], fields["description"], tuple(parameters), sql)
