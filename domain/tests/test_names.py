"""What is a name, and what only looks like one."""

import pytest

from iot_domain.names import is_name


@pytest.mark.parametrize("text", ["SENSOR_001", "a", "0:x", "urn:dev:ow:10e2073a01080063", "a.b-c"])
def test_names_of_the_contract_are_names(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize("text", ["", "_a", "-a", "a b", "é", "a\n", "a\x00", "a/b"])
def test_anything_else_is_none(text: str) -> None:
    assert not is_name(text)
