"""Builds the dashboard's page with the Node that came as a wheel."""

from __future__ import annotations

from pathlib import Path

from install import stamps
from stack.commands import run
from stack.paths import FRONTEND, LOCAL, NODE_HOME

_PACKAGES_STAMP = FRONTEND / "node_modules" / ".installed"
_PAGE_STAMP = LOCAL / "dashboard-page"
_NOT_SOURCES = frozenset({"node_modules", "dist", "tests"})


def sources() -> list[Path]:
    """Return what the page is built from."""
    return [path for path in sorted(FRONTEND.iterdir()) if path.name not in _NOT_SOURCES]


def npm(*arguments: str) -> list[str | Path]:
    """Return an npm command line (npm itself is a script that node runs)."""
    return [NODE_HOME / "bin" / "node", NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", *arguments]


def has_packages() -> bool:
    """Tell whether exactly what package-lock.json names is installed."""
    return stamps.is_current(_PACKAGES_STAMP, _wanted_packages())


def install_packages() -> None:
    """Install exactly what package-lock.json names, unless that is done."""
    if not has_packages():
        run("dashboard's page", npm("ci", "--no-audit", "--no-fund"), cwd=FRONTEND)
        stamps.write(_PACKAGES_STAMP, _wanted_packages())


def is_built() -> bool:
    """Tell whether the page was built from these very sources."""
    return stamps.is_current(_PAGE_STAMP, stamps.digest(sources())) and (FRONTEND / "dist").exists()


def build() -> None:
    """Build the page, unless it was built from these very sources."""
    if is_built():
        return
    install_packages()
    run("dashboard's page", npm("run", "build"), cwd=FRONTEND)
    stamps.write(_PAGE_STAMP, stamps.digest(sources()))


def _wanted_packages() -> str:
    return stamps.digest([FRONTEND / "package-lock.json", FRONTEND / "package.json"])
