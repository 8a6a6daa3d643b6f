"""import-linter's rules catch what they are for: each of these lines, put into a copy of the sources, is named."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from stack.paths import INFRA, PROJECT, SERVICES, VENVS

RULES = INFRA / "lint" / "importlinter.toml"
# Module, what it imports, and how import-linter names that.
FORBIDDEN = {
    "iot_contracts.bad": ("service_kit.health", "iot_contracts is not allowed to import service_kit"),
    "iot_domain.bad": ("service_kit.health", "iot_domain is not allowed to import service_kit"),
    "service_kit.bad": ("iot_domain.names", "service_kit is not allowed to import iot_domain"),
    "dashboard.bad": ("query_api.app", "dashboard is not allowed to import query_api"),
    "audit.bad": ("query_api.app", "audit is not allowed to import query_api"),
    "invariants.bad": ("audit.options", "invariants is not allowed to import audit"),
    "components.bad": ("runtimes.choice", "components is not allowed to import runtimes"),
    "runtimes.bad": ("iotctl.cli", "runtimes is not allowed to import iotctl"),
    "stack.bad": ("components.registry", "stack is not allowed to import components"),
    "query_api.worse": ("stack.settings", "query_api is not allowed to import stack"),
    "ingest_api.bad": ("aiokafka.errors", "ingest_api.bad -> aiokafka"),
    "service_kit.worse": ("aiokafka", "service_kit.worse -> aiokafka"),
    "dashboard.worse": ("duckdb", "dashboard.worse -> duckdb"),
    "iot_domain.worse": ("pyspark.sql", "iot_domain.worse -> pyspark"),
    "query_api.bad": ("pyiceberg.table", "query_api.bad -> pyiceberg"),
    "simulator.bad": ("asyncpg", "simulator is not allowed to import asyncpg"),
    "simulator.slice.producer": ("simulator.slice.service", "simulator.slice.producer is not allowed to import"),
    "simulator.slice.schemas": ("simulator.slice.consumer", "simulator.slice.schemas is not allowed to import"),
    "simulator.slice.service": ("simulator.slice.endpoints", "simulator.slice.service -> simulator.slice.endpoints"),
    "dashboard.three.endpoints": (
        "dashboard.three.repository",
        "dashboard.three.endpoints -> dashboard.three.repository",
    ),
    "dashboard.one.first": ("dashboard.one.second", "No cycles are allowed in dashboard.one"),
    "dashboard.one.second": ("dashboard.one.first", "No cycles are allowed in dashboard.one"),
    "stream_processor.one.first": ("stream_processor.two.first", "No cycles are allowed in stream_processor."),
    "stream_processor.two.second": ("stream_processor.one.second", "No cycles are allowed in stream_processor."),
}
ALLOWED = {
    "dashboard.two.consumer": "aiokafka",
    "dashboard.two.service": "dashboard.two.consumer",
    "dashboard.two.endpoints": "dashboard.runtime",
    "dashboard.fine": "iot_domain.names, iot_contracts.topics, service_kit.health",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    sources = tmp_path_factory.mktemp("sources")
    roots = [*(PROJECT / name / "src" for name in ("contracts", "domain", "kit")), *SERVICES.glob("*/src")]
    packages = [path.parent for root in roots for path in root.glob("*/__init__.py")]
    for package in (*packages, *(path.parent for path in INFRA.glob("*/__init__.py"))):
        shutil.copytree(package, sources / package.name)
    for module, imported in {**{name: line[0] for name, line in FORBIDDEN.items()}, **ALLOWED}.items():
        write_module(sources, module, f"import {imported}\n")
    for module in (
        "simulator.slice.consumer",
        "simulator.slice.endpoints",
        "stream_processor.one.second",
        "dashboard.three.repository",
    ):
        write_module(sources, module, "")
    linter = VENVS / "tests" / "bin" / "lint-imports"
    environment = {**os.environ, "PYTHONPATH": str(sources), "COLUMNS": "300"}
    command: list[str | Path] = [linter, "--no-logo", "--no-cache", RULES]
    done = subprocess.run(command, env=environment, cwd=sources, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def write_module(sources: Path, name: str, text: str) -> None:
    path = sources / f"{name.replace('.', '/')}.py"
    path.parent.mkdir(exist_ok=True)
    (path.parent / "__init__.py").touch()
    path.write_text(text)


@pytest.mark.parametrize("module", FORBIDDEN)
def test_a_forbidden_import_is_named(report: str, module: str) -> None:
    assert FORBIDDEN[module][1] in report


@pytest.mark.parametrize("module", ALLOWED)
def test_an_allowed_import_is_not(report: str, module: str) -> None:
    assert f"{module} ->" not in report
