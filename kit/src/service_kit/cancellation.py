"""Whose cancellation it is."""

import asyncio


def is_being_cancelled() -> bool:
    """Whether the current task was asked to end; a CancelledError otherwise came out of something that it awaited."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
