"""The import rules catch what they are for."""

from pathlib import Path

import pytest

from lint.import_rules import PROJECT, check, check_module


def reasons(owner: str, package: str, module: str, source: str) -> list[str]:
    return [reason for _, reason in check_module(owner, package, module, source)]


@pytest.mark.parametrize(
    ("owner", "package", "source"),
    [
        ("contracts", "iot_contracts", "from service_kit.health import Health"),
        ("domain", "iot_domain", "import service_kit.health"),
        ("kit", "service_kit", "import iot_domain"),
        ("infra", "audit", "from query_api.lakehouse import catalog"),
        ("kit", "service_kit", "import ingest_api.readings"),
        ("dashboard", "dashboard", "def late():\n    from query_api import app"),
    ],
)
def test_dependencies_point_one_way(owner: str, package: str, source: str):
    assert len(reasons(owner, package, "module.py", source)) == 1


def test_a_service_may_import_contracts_domain_kit_and_itself():
    ours = ("iot_contracts.readings", "iot_domain.names", "service_kit.health", "dashboard.live.hub")
    source = "".join(f"import {name}\n" for name in ours)
    assert reasons("dashboard", "dashboard", "app.py", source) == []


def test_a_driver_is_imported_only_where_the_table_names_it():
    source = "from aiokafka.errors import KafkaError"
    assert reasons("ingest-api", "ingest_api", "publishing/producer.py", source) == []
    assert reasons("ingest-api", "ingest_api", "readings/service.py", source) == [
        "ingest-api imports aiokafka in readings/service.py; allowed: publishing/*.py, access/consumer.py"
    ]
    assert len(reasons("kit", "service_kit", "health.py", source)) == 1


def test_relative_imports_and_names_that_merely_begin_alike_are_fine():
    assert reasons("dashboard", "dashboard", "app.py", "from . import hub\nimport duckdb_extension\n") == []


def test_violations_name_file_and_line(tmp_path: Path):
    module = tmp_path / "kit" / "src" / "service_kit" / "bad.py"
    module.parent.mkdir(parents=True)
    (module.parent / "__init__.py").touch()
    module.write_text('"""Bad."""\n\nimport simulator\n')
    (tmp_path / "services").mkdir()
    (violation,) = check(tmp_path)
    assert str(violation) == "kit/src/service_kit/bad.py:3: service_kit may not import simulator"


def test_this_repository_keeps_the_rules():
    assert check(PROJECT) == []
