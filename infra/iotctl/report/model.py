"""A report before it is HTML, Markdown or PDF: sections of paragraphs, tables and charts. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `style` is text, lead (the summary), action (what to do) or note (small)."""

    text: str
    style: str = "text"


@dataclass(frozen=True)
class Table:
    """A table of texts; `numeric` names the columns that are aligned to the right, by index."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()


@dataclass(frozen=True)
class Chart:
    """Vertical bars of values, a label each; `labels` may be empty texts where there is no room."""

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    unit: str
    decimal_mark: str = "."


Block = Paragraph | Table | Chart


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """The whole document."""

    language: str
    title: str
    subtitle: str
    sections: tuple[Section, ...]
    footer: str
