"""What can be installed: a service, `runtime`, `jars`, `trino`, `notebook`, `page`, `thrift guard`, `tests`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from install import frontend, guard, jars, venvs
from stack.steps import Steps

Install = Callable[[], None]


def install(name: str, steps: Steps) -> None:
    """Install one part and say so, unless it is there. Raises IotctlError."""
    if name == "jars":
        jars.install(steps)
        return
    if name == "trino":
        jars.install_trino(steps)
        return
    shown, is_there, work = _parts(name)
    if is_there():
        work()  # mends what is missing beside it, at no cost
        return
    with steps.step(f"{shown}: installing", f"{shown} installed"):
        work()


def needs(name: str) -> tuple[str, ...]:
    """Return the parts that come before: Node builds the page, Java and Spark's compiler the guard."""
    if name == "thrift guard":
        return ("runtime", "stream-processor")
    return ("runtime",) if name.startswith("page") else ()


def _parts(name: str) -> tuple[str, Callable[[], bool], Install]:
    match name:
        case "runtime":
            return "Java, PostgreSQL, Node", partial(venvs.is_installed, venvs.RUNTIME), venvs.install_runtime
        case "page":
            return "dashboard's page", frontend.is_built, frontend.build
        case "page packages":
            return "packages of the dashboard's page", frontend.has_packages, frontend.install_packages
        case "thrift guard":
            return "guards of Spark's SQL", guard.is_compiled, guard.compile_guard
        case "notebook":
            notebook = venvs.NOTEBOOK
            return "environment of notebooks", partial(venvs.is_installed, notebook), partial(venvs.install, notebook)
        case "images":
            return "Syft", partial(venvs.is_installed, venvs.IMAGES), partial(venvs.install, venvs.IMAGES)
        case "tests":
            return "environment of tests", partial(venvs.is_installed, venvs.TESTS), partial(venvs.install, venvs.TESTS)
        case _:
            venv = venvs.service_venv(name)
            return f"environment of {name}", partial(venvs.is_installed, venv), partial(venvs.install_service, venv)
