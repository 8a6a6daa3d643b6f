"""A stack of a test's own, for tests that stop one, move one, or start one from another checkout."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.stack import Stack

PORT_OFFSET = 3000


@contextmanager
def own_stack(name: str, port_offset: int = PORT_OFFSET) -> Iterator[Stack]:
    """A stack that is not started; at the end it is stopped and its data are deleted."""
    folder = Path(os.environ.get("TEST_STATE_DIR") or "/tmp") / f"iot-test-{name}-{os.getpid()}"
    stack = Stack(state_dir=folder, port_offset=port_offset)
    try:
        yield stack
    finally:
        stack.down_and_remove()
