import pytest

from invariants.tests.hand_made import World


@pytest.fixture
def world() -> World:
    return World()
