"""`iotctl test` and `iotctl lint`: what each consists of, in one list each."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from components.registry import SERVICES as SERVICE_PROGRAMS
from install import frontend, parts
from iotctl.check_runner import Check, Command, run_checks
from runtimes.tasks import Task
from runtimes.tasks import run as run_tasks
from stack.commands import installer_environment
from stack.lock import alone
from stack.paths import (
    BIN,
    BUNDLED_JAVA_HOME,
    CACHE,
    FRONTEND,
    INFRA,
    JARS,
    PROJECT,
    SERVICES,
    SPARK_JAVA_HOME,
    VENVS,
    site_packages,
    venv_python,
)
from stack.steps import Steps

_WITH_TOOLS = INFRA / "iotctl" / "with_tools.py"
CONTRACTS = PROJECT / "contracts" / "src"
DOMAIN = PROJECT / "domain" / "src"
KIT = PROJECT / "kit" / "src"
# The kit has no environment of its own; this service's has all that the kit and its tests import.
KIT_VENV = "dashboard"
# Nor has domain; this service's has pyarrow, which reads Parquet, and numpy, which alerting computes with.
DOMAIN_VENV = "stream-processor"
# Whose drivers (Kafka, HDFS, Iceberg, DuckDB) the audit uses.
AUDIT_VENV = "query-api"
# What benchmarks call without a process between.
_BENCHED = (SERVICES / "simulator" / "src", SERVICES / "stream-processor" / "src")
INFRA_PACKAGES = ("iotctl", "runtimes", "components", "install", "stack", "jars", "lint", "tests")
_INFRA_PATH = (INFRA, CONTRACTS, DOMAIN, KIT)


def _path(*folders: Path) -> str:
    return ":".join(map(str, folders))


def _with_tools(venv: str) -> Command:
    # -P: not the folder of the script itself, whose modules would hide libraries of the same name.
    return (venv_python(venv), "-P", _WITH_TOOLS, site_packages(VENVS / "tests"))


def _pytest(venv: str, folder: Path, python_path: str = "") -> Check:
    """Run a package's tests in its own environment, with the tools of `tests` behind its own packages."""
    command: Command = (*_with_tools(venv), "pytest", folder, "-q")
    more = {"PYTHONPATH": python_path} if python_path else {}
    return Check(f"pytest {folder.relative_to(PROJECT)}", command, ("tests", venv), more_environment=more)


def _service_tests(name: str) -> Check:
    check = _pytest(name, SERVICES / name / "tests")
    if name != "stream-processor":
        return check
    # Its transformations are Spark's: they need a Java and the connectors.
    spark = {
        "JAVA_HOME": str(SPARK_JAVA_HOME),
        "IOT_JAVA_HOME": str(BUNDLED_JAVA_HOME),
        "STREAM_PROCESSOR_JARS_DIR": str(JARS / "spark"),
        "PYSPARK_PYTHON": str(venv_python(name)),
    }
    return replace(check, installed=(*check.installed, "runtime", "jars"), more_environment=spark)


def _tests_across_services() -> Check:
    check = _pytest("tests", PROJECT / "tests", python_path=str(PROJECT / "tests"))
    # Some start a broker and an ingest-api of their own before the first whole stack installs everything.
    return replace(check, installed=(*check.installed, "ingest-api", "runtime", "jars"), runs_alone=True)


def _mypy(venv: str, *targets: Path, ours: Iterable[Path]) -> Check:
    """Check the types of sources and of their tests, in the environment that runs the tests.

    `ours` is where our own modules are looked up.
    """
    # A cache for each: two may run at the same time.
    cache = CACHE / "mypy" / targets[0].relative_to(PROJECT)
    command: Command = (*_with_tools(venv), "mypy", "--cache-dir", cache, *targets)
    name = ", ".join(str(target.relative_to(PROJECT)) for target in targets)
    return Check(f"mypy {name}", command, ("tests", venv), more_environment={"MYPYPATH": _path(*ours)})


def _mypy_package(venv: str, package: Path) -> Check:
    source, tests = package / "src", package / "tests"
    return _mypy(venv, source, tests, ours=dict.fromkeys((CONTRACTS, DOMAIN, KIT, source, tests)))


def _import_rules() -> Check:
    linter, rules = VENVS / "tests" / "bin" / "lint-imports", INFRA / "lint" / "importlinter.toml"
    sources = [CONTRACTS, DOMAIN, KIT, *(source for _, source in _service_sources()), INFRA]
    return Check(
        "import rules",
        (linter, "--no-logo", "--cache-dir", CACHE / "import-linter", rules),
        ("tests",),
        more_environment={"PYTHONPATH": _path(*sources)},
    )


def _generated_documents() -> Check:
    """Settings, metrics, topics, schemas and OpenAPI documents are what the code says."""
    command: Command = (sys.executable, "-m", "iotctl", "docs", "--check")
    installed = ("tests", *(service.name for service in SERVICE_PROGRAMS))
    return Check("generated documents", command, installed, more_environment={"PYTHONPATH": _path(*_INFRA_PATH)})


def _service_sources() -> list[tuple[str, Path]]:
    return [(service.name, SERVICES / service.name / "src") for service in SERVICE_PROGRAMS]


def test_suite() -> list[Check]:
    """Return what `make test` runs: first what takes long, so that little is left to run beside nothing."""
    return [
        *(_service_tests(service.name) for service in SERVICE_PROGRAMS),
        _pytest("iotctl", INFRA / "tests", python_path=_path(*_INFRA_PATH)),
        _pytest(AUDIT_VENV, INFRA / "invariants", python_path=_path(*_INFRA_PATH)),
        _pytest(AUDIT_VENV, INFRA / "audit", python_path=_path(*_INFRA_PATH)),
        _pytest("tests", PROJECT / "contracts" / "tests"),
        _pytest(DOMAIN_VENV, PROJECT / "domain" / "tests"),
        _pytest(KIT_VENV, PROJECT / "kit" / "tests"),
        Check("npm test", tuple(frontend.npm("test")), ("page packages",), cwd=FRONTEND),
        _tests_across_services(),
    ]


def lint_suite() -> list[Check]:
    """Return what `make lint` runs."""
    ruff, python = VENVS / "tests" / "bin" / "ruff", venv_python("tests")
    return [
        Check("ruff check", (ruff, "check", PROJECT), ("tests",)),
        Check("ruff format", (ruff, "format", "--check", PROJECT), ("tests",)),
        _import_rules(),
        Check("links", (python, INFRA / "lint" / "links.py"), ("tests",)),
        _generated_documents(),
        Check(
            "breaking changes",
            (python, "-m", "lint.breaking_changes"),
            ("tests",),
            more_environment={"PYTHONPATH": str(INFRA)},
        ),
        *(_mypy_package(service.name, SERVICES / service.name) for service in SERVICE_PROGRAMS),
        _mypy("iotctl", *(INFRA / name for name in INFRA_PACKAGES), ours=_INFRA_PATH),
        _mypy(AUDIT_VENV, INFRA / "invariants", INFRA / "audit", ours=_INFRA_PATH),
        _mypy("tests", PROJECT / "tests", ours=(*_INFRA_PATH, *_BENCHED, PROJECT / "tests")),
        _mypy_package("tests", PROJECT / "contracts"),
        _mypy_package(DOMAIN_VENV, PROJECT / "domain"),
        _mypy_package(KIT_VENV, PROJECT / "kit"),
        Check("npm run typecheck", tuple(frontend.npm("run", "typecheck")), ("page packages",), cwd=FRONTEND),
    ]


def install(wanted: Iterable[str], steps: Steps) -> None:
    """Install parts, in parallel."""
    names = set(wanted) - {"iotctl"}
    names |= {need for name in names for need in parts.needs(name)}
    run_tasks([Task(name, partial(parts.install, name, steps), parts.needs(name)) for name in sorted(names)])


def tests_environment() -> dict[str, str]:
    """Return the environment of tests and benchmarks: the installers' own, and where our commands are.

    Nothing of a stack's own environment: a test that starts a stack would hand it on, and that one's services would
    listen to the first one's addresses.
    """
    environment = installer_environment()
    environment["PATH"] = f"{BIN}:{VENVS / 'tests' / 'bin'}:{environment['PATH']}"
    environment.pop("ONLY", None)  # which checks to run; `up` in a test would take it for which programs to start
    return environment


def is_chosen(check: Check, only: str) -> bool:
    """Tell whether `only` means a check: a part of its name, or `unit`, the tests of packages without a stack."""
    is_unit = check.name.startswith("pytest") and not check.runs_alone
    return only in check.name or (only == "unit" and is_unit)


def run(console: Console, suite: list[Check], only: str = "") -> int:
    """Run a suite (or the checks that `only` means), all of it even after a failure; 0 when all passed."""
    chosen = [check for check in suite if is_chosen(check, only)]
    with alone(), Steps(console) as steps:
        install({name for check in chosen for name in check.installed}, steps)
    outcomes = run_checks(console, chosen, tests_environment())
    failed = [outcome.check.name for outcome in outcomes if not outcome.passed]
    console.print(f"[red]failed: {', '.join(failed)}[/]" if failed else "[green]all passed[/]", highlight=False)
    return 1 if failed else 0
