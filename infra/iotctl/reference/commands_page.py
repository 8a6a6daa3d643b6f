"""docs/commands.md: every target of the Makefile and every command of iotctl, from their own help."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from iotctl.reference.tables import GENERATED, code, table

_SECTION = re.compile(r"^##@ (.+)$")
_TARGET = re.compile(r"^([a-z-]+):.*?## (.+)$")
_HEAD = f"""# Commands

{GENERATED}

`make` is for people; behind it stands `iotctl`, in `.local/bin/` after the first `make up`. Make's variables reach
iotctl through the environment, so `make logs SERVICE=kafka` and `iotctl logs kafka` are the same. PORT_OFFSET and
STATE_DIR say which stack is meant ([a second one](how-to/run-a-second-stack.md)); both commands look at them.
"""


def commands_page(makefile: str, root: object) -> str:
    """Return the page; `root` is iotctl's command line."""
    parts = [_HEAD, "## make\n"]
    for section, targets in _make_targets(makefile).items():
        parts += [
            f"### {section}\n",
            table(("target", "what"), ((code(f"make {name}"), what) for name, what in targets)),
        ]
    parts += ["## iotctl\n", "Exit code 0 means that all went well. Every command answers `--help`.\n"]
    parts += [_command(path, command) for path, command in _leaves("iotctl", root)]
    return "\n".join(parts)


def _make_targets(makefile: str) -> dict[str, list[tuple[str, str]]]:
    sections: dict[str, list[tuple[str, str]]] = {}
    for line in makefile.splitlines():
        if section := _SECTION.match(line):
            sections[section[1]] = []
        elif target := _TARGET.match(line):
            sections[next(reversed(sections))].append((target[1], target[2]))
    return sections


def _leaves(path: str, command: object) -> Iterator[tuple[str, TyperCommand]]:
    """Yield the commands that do something, with their full names."""
    if isinstance(command, TyperCommand):
        yield path, command
    elif isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from _leaves(f"{path} {name}", inner)


def _command(path: str, command: TyperCommand) -> str:
    known = [one for one in command.params if isinstance(one, (TyperArgument, TyperOption)) and one.name != "help"]
    arguments = [one for one in known if isinstance(one, TyperArgument)]
    usage = " ".join([path, *(_name(one) if one.required else f"[{_name(one)}]" for one in arguments)])
    lines = [f"### {path}\n", f"`{usage}`: {inspect.cleandoc(command.help or '')}\n"]
    if known:
        lines.append(table(("argument", "make variable", "what", "default"), map(_parameter, known)))
    return "\n".join(lines)


def _parameter(one: TyperArgument | TyperOption) -> tuple[str, str, str, str]:
    options = [*one.opts, *(one.secondary_opts if one.default is True else ())]
    names = code(_name(one)) if isinstance(one, TyperArgument) else ", ".join(map(code, options))
    default = "" if one.default in (None, False, "") or callable(one.default) else code(str(one.default))
    default = "on" if one.default is True else default
    variable = one.envvar if isinstance(one.envvar, str) else ""
    return names, code(variable), one.help or "", "required" if one.required else default


def _name(one: TyperArgument) -> str:
    return (one.name or "").upper()
