"""What goes wrong for the person at the keyboard, with what they can do about it."""

from __future__ import annotations


class IotctlError(RuntimeError):
    """Something failed: which part, why, and the remedy."""

    def __init__(self, part: str, why: str, remedy: str, log_tail: str = "") -> None:
        super().__init__(f"{part}: {why}")
        self.part = part
        self.why = why
        self.remedy = remedy
        self.log_tail = log_tail
