"""One real stack for all tests that need one, beside any stack of the developer's own."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from support.stack import IN_CONTAINERS, Stack

PORT_OFFSET = 1000


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole stack on its own ports and state, without the simulator's fleet; audited at the end.

    `TEST_STACK_STATE_DIR` (with `TEST_STACK_PORT_OFFSET`) names a running stack to use instead and to leave
    running: for developers who run one test many times.
    """
    given = os.environ.get("TEST_STACK_STATE_DIR")
    if given:
        stack = Stack(state_dir=Path(given), port_offset=int(os.environ.get("TEST_STACK_PORT_OFFSET") or 0))
        yield stack
        assert_promises_were_kept(stack)
        return
    # Not under pytest's own folder, which keeps the last three runs: a stack's data are large.
    state_dir = Path(os.environ.get("TEST_STATE_DIR") or "/tmp") / f"iot-test-stack-{os.getpid()}"
    stack = Stack(state_dir=state_dir, port_offset=PORT_OFFSET)
    try:
        # In containers, Prometheus starts with the others: its image once kept the others' keys from being written.
        stack.up(**({"WITH": "prometheus"} if IN_CONTAINERS else {}))
        yield stack
        assert_promises_were_kept(stack)
    finally:
        stack.down_and_remove()


def assert_promises_were_kept(stack: Stack) -> None:
    """After the last test: whatever the tests did, nothing was lost or doubled."""
    report = stack.audit()
    assert report.get("violations") == [], report


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that waits as long as a patient user."""
    async with httpx.AsyncClient(timeout=30) as client:
        yield client
