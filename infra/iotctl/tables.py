"""Where commands print their tables."""

from __future__ import annotations

from rich.console import Console

LEAST_WIDTH = 160
"""Columns; a terminal that is narrower breaks the lines, where rich would leave cells empty."""


def wide_console() -> Console:
    """A console as wide as the terminal, and never narrower than a table of ours needs."""
    width = Console().width
    return Console(width=max(width, LEAST_WIDTH), soft_wrap=width < LEAST_WIDTH)
