"""A report as Markdown; a chart is a table of its values."""

from __future__ import annotations

from iotctl.report.model import Block, Chart, Report, Table
from iotctl.report.plot import tick


def markdown(report: Report) -> str:
    """The document as text."""
    parts = [f"# {report.title}", report.subtitle]
    for section in report.sections:
        parts += [f"## {section.title}", *map(_block, section.blocks)]
    return "\n\n".join([*parts, f"_{report.footer}_"]) + "\n"


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Chart):
        pairs = tuple(zip(block.labels, block.values, strict=True))
        rows = tuple((label, f"{tick(value, block.decimal_mark)}{block.unit}") for label, value in pairs if label)
        return f"**{block.title}**\n\n{_table(Table(('', ''), rows, (1,)))}"
    return {"heading": f"### {block.text}", "note": f"_{block.text}_", "lead": f"**{block.text}**"}.get(
        block.style, block.text
    )


def _table(table: Table) -> str:
    rule = ["---:" if index in table.numeric else "---" for index in range(len(table.head))]
    rows = [table.head, rule, *table.rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
