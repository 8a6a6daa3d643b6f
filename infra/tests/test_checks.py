"""What tests and benchmarks find in their environment."""

import sys
from pathlib import Path

import hypothesis
import pytest
from rich.console import Console

from iotctl import checks
from iotctl.check_runner import Check
from iotctl.checks import test_suite as full_test_suite
from iotctl.checks import tests_environment as environment_of_tests
from stack.paths import NODE_HOME, PROJECT, SERVICES


def test_which_checks_were_chosen_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # A test that starts a stack would otherwise start `make up` with the name of a check as ONLY.
    monkeypatch.setenv("ONLY", "finds ONLY")
    monkeypatch.setattr(checks, "install", lambda wanted, steps: None)
    finds_only = Check("finds ONLY", (sys.executable, "-c", "import os; os.environ['ONLY']"), ())
    assert checks.run(Console(quiet=True), [finds_only], only="finds ONLY") == 1


def test_our_node_is_found_before_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    # npm's scripts call `node` by its name; the machine may have none, or one of another version.
    monkeypatch.setenv("PATH", "/usr/bin")
    folders = environment_of_tests()["PATH"].split(":")
    assert folders.index(str(NODE_HOME / "bin")) < folders.index("/usr/bin")


def test_the_tests_that_start_stacks_run_alone_and_no_others() -> None:
    for check in full_test_suite():
        assert check.runs_alone == check.name.startswith("pytest tests"), check.name


def test_a_slow_machine_fails_no_test_of_examples() -> None:
    assert hypothesis.settings().deadline is None
    assert hypothesis.HealthCheck.too_slow in hypothesis.settings().suppress_health_check


def test_unit_means_the_tests_of_all_packages_and_none_that_starts_a_stack() -> None:
    chosen = [check.name for check in full_test_suite() if checks.is_chosen(check, "unit")]
    folders = {path.parent for path in PROJECT.glob("*/tests")} | {path.parent for path in SERVICES.glob("*/tests")}
    assert {f"pytest {folder.relative_to(PROJECT)}/tests" for folder in folders} <= set(chosen)
    assert not {"pytest tests", "npm test"} & set(chosen)


def test_the_types_of_all_tests_are_checked() -> None:
    checked = {Path(word) for check in checks.lint_suite() if check.name.startswith("mypy") for word in check.command}
    patterns = ("tests", "*/tests", "services/*/tests", "infra/*/tests")
    for folder in (folder for pattern in patterns for folder in PROJECT.glob(pattern)):
        assert checked & {folder, *folder.parents}, folder
