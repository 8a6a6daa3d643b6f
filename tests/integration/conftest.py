"""A broker of its own for tests that stop it, make it hang, or count everything that is in a topic."""

from collections.abc import Iterator

import pytest

from components.topics import ensure_topics
from support.kafka_broker import KafkaBroker, kafka_broker


@pytest.fixture(scope="module")
def broker() -> Iterator[KafkaBroker]:
    """A broker with the platform's topics, one for all tests of a module."""
    with kafka_broker() as broker:
        ensure_topics(broker.bootstrap)
        yield broker
