"""What tests and benchmarks find in their environment."""

import pytest

from iotctl.checks import tests_environment as environment_of_tests
from iotctl.paths import NODE_HOME


def test_which_checks_were_chosen_is_not_handed_on(monkeypatch: pytest.MonkeyPatch):
    # A test that starts a stack would otherwise start `make up` with the name of a check as ONLY.
    monkeypatch.setenv("ONLY", "pytest tests")
    assert "ONLY" not in environment_of_tests()


def test_our_node_is_found_before_the_machines(monkeypatch: pytest.MonkeyPatch):
    # npm's scripts call `node` by its name; the machine may have none, or one of another version.
    monkeypatch.setenv("PATH", "/usr/bin")
    folders = environment_of_tests()["PATH"].split(":")
    assert folders.index(str(NODE_HOME / "bin")) < folders.index("/usr/bin")
