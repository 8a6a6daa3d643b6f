"""Makes the virtual environments: one per service (their pins differ), one of programs as wheels, one for tests."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from install import stamps
from stack.commands import run
from stack.paths import BIN, BUNDLED_JAVA_HOME, INFRA, PROJECT, SERVICES, UV, VENVS, site_packages, venv_python


@dataclass(frozen=True)
class Venv:
    """One environment: hashed requirements, then our own packages as they are in the project folder."""

    name: str
    requirements: Path
    packages: tuple[Path, ...] = ()

    @property
    def folder(self) -> Path:
        """Return where it is."""
        return VENVS / self.name

    @property
    def stamp(self) -> Path:
        """Return the file that says it is finished."""
        return self.folder / "installed"

    def digest(self) -> str:
        """Return what decides whether it is current."""
        projects = [package / "pyproject.toml" for package in self.packages]
        return stamps.digest([self.requirements, *projects], str(self.folder))


RUNTIME = Venv("runtime", INFRA / "runtime-requirements.txt")
SHARED = (PROJECT / "contracts", PROJECT / "domain", PROJECT / "kit")
TRINO = Venv("trino", INFRA / "trino-requirements.txt")
NOTEBOOK = Venv("notebook", INFRA / "notebook-requirements.txt")
IMAGES = Venv("images", INFRA / "images-requirements.txt")
TESTS = Venv("tests", PROJECT / "tests" / "requirements.txt", SHARED)


def service_venv(name: str) -> Venv:
    """Return the environment of a service."""
    folder = SERVICES / name
    return Venv(name, folder / "requirements.txt", (*SHARED, folder))


def is_installed(venv: Venv) -> bool:
    """Tell whether an environment is finished and current."""
    return stamps.is_current(venv.stamp, venv.digest())


def install(venv: Venv) -> None:
    """Make an environment current; one that is finished costs nothing, one that was cut short starts over."""
    if is_installed(venv):
        return
    # Cut short, or made by another Python than this one (make up PYTHON=python3.13).
    if not venv.stamp.exists() or not site_packages(venv.folder).is_dir():
        shutil.rmtree(venv.folder, ignore_errors=True)
    part = f"environment {venv.name}"
    venv.stamp.unlink(missing_ok=True)
    python = venv_python(venv.name)
    if not python.exists():
        run(part, [UV, "venv", "--quiet", "--python", sys.executable, venv.folder])
    run(part, [UV, "pip", "sync", "--quiet", "--python", python, "--require-hashes", venv.requirements])
    if venv.packages:
        editable = [word for package in venv.packages for word in ("--editable", package)]
        run(part, [UV, "pip", "install", "--quiet", "--python", python, "--no-deps", *editable])
    stamps.write(venv.stamp, venv.digest())


def install_runtime() -> None:
    """Install Java, PostgreSQL and Node, and give Java the class archive that its wheel leaves out.

    With the archive a JVM starts 0.3 s sooner and shares what would otherwise be its own memory.
    """
    install(RUNTIME)
    archive = BUNDLED_JAVA_HOME / "lib" / "server" / "classes.jsa"
    if not archive.exists():
        run("java", [BUNDLED_JAVA_HOME / "bin" / "java", "-Xshare:dump", "-Xlog:disable"])


def install_service(venv: Venv) -> None:
    """Install a service's environment; its command (`simulator`) is linked into `.local/bin`."""
    install(venv)
    command = venv.folder / "bin" / venv.name
    link = BIN / venv.name
    if command.exists() and not (link.is_symlink() and link.readlink() == command):
        BIN.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(command)


def link_iotctl() -> None:
    """Put `iotctl` into `.local/bin`; it runs on the interpreter that made this environment."""
    BIN.mkdir(parents=True, exist_ok=True)
    interpreter = Path(sys.base_exec_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    command = BIN / "iotctl"
    command.write_text(f'#!/bin/sh\nexec "{interpreter}" "{INFRA / "bootstrap.py"}" "$@"\n')
    command.chmod(0o755)
