"""`iotctl lock`: for maintainers, resolves every pin again (needs Maven for the jars)."""

from __future__ import annotations

from pathlib import Path

from stack.commands import run
from stack.paths import INFRA, PROJECT, SERVICES, UV
from stack.steps import Steps


def requirement_files() -> list[Path]:
    """Return every requirements.in of the project that has pins beside it."""
    return [
        *sorted(INFRA.glob("*requirements.in")),
        *sorted(SERVICES.glob("*/requirements.in")),
        *sorted(PROJECT.glob("*/requirements.in")),
    ]


def lock(steps: Steps, upgrade: bool) -> None:
    """Resolve the Python pins and the jars; with `upgrade` to the newest versions that the .in files allow."""
    from jars.resolve import write_lock

    for source in requirement_files():
        target = source.with_suffix(".txt")
        with steps.step(f"{source.relative_to(PROJECT)}: resolving", str(target.relative_to(PROJECT))):
            command = [
                *(UV, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
                *("--no-emit-index-url", "--no-annotate", "--custom-compile-command", "make lock"),
                *(("--upgrade",) if upgrade else ()),
                *(source.name, "--output-file", target.name),
            ]
            run("lock", command, cwd=source.parent)
    with steps.step("jars: Maven resolves", "infra/jars/jars.lock"):
        write_lock()
