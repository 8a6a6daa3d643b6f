"""What tests and benchmarks find in their environment."""

import pytest

from iotctl.checks import tests_environment as environment_of_tests


def test_which_checks_were_chosen_is_not_handed_on(monkeypatch: pytest.MonkeyPatch):
    # A test that starts a stack would otherwise start `make up` with the name of a check as ONLY.
    monkeypatch.setenv("ONLY", "pytest tests")
    assert "ONLY" not in environment_of_tests()
