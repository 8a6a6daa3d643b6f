"""A report as one HTML file that needs nothing else."""

from __future__ import annotations

from html import escape

from iotctl.report.model import Block, Chart, Paragraph, Report, Table
from iotctl.report.plot import HEIGHT, WIDTH, Bar, Rule, Shape, plot

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1f2933;max-width:860px;margin:2.5rem auto;padding:0 1rem}
h1{font-size:1.9rem;margin:0}
h2{font-size:1.25rem;margin:2.2rem 0 .6rem;border-bottom:2px solid #0b6e8f;padding-bottom:.2rem}
h3{font-size:1rem;margin:1.2rem 0 .4rem}.subtitle,.note,footer{color:#5a6b7b}.note,footer{font-size:.85rem}
.lead{font-size:1.1rem;margin:.4rem 0}
.action{background:#fff6e5;border-left:4px solid #d9822b;padding:.4rem .8rem;margin:.3rem 0}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.88rem}
th{text-align:left;color:#5a6b7b;font-weight:600}
th,td{padding:.3rem .6rem;border-bottom:1px solid #e1e7ec;white-space:nowrap}
.n{text-align:right;font-variant-numeric:tabular-nums}
figure{margin:1rem 0}figcaption{font-weight:600;font-size:.95rem}svg{width:100%;height:auto}
@media print{body{margin:0}h2,figure,tr{break-inside:avoid}h2{break-after:avoid}}
"""


def html(report: Report) -> str:
    """The document as text."""
    sections = "\n".join(
        f"<section><h2>{escape(section.title)}</h2>\n{''.join(map(_block, section.blocks))}</section>"
        for section in report.sections
    )
    return (
        f'<!doctype html>\n<html lang="{report.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(report.title)}</title><style>{_STYLE}</style></head><body>\n"
        f'<h1>{escape(report.title)}</h1><p class="subtitle">{escape(report.subtitle)}</p>\n'
        f"{sections}\n<footer><p>{escape(report.footer)}</p></footer></body></html>\n"
    )


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        text = escape(block.text)
        return f"<h3>{text}</h3>\n" if block.style == "heading" else f'<p class="{block.style}">{text}</p>\n'
    return _table(block) if isinstance(block, Table) else _chart(block)


def _table(table: Table) -> str:
    def cells(tag: str, row: tuple[str, ...]) -> str:
        classes = (' class="n"' if index in table.numeric else "" for index in range(len(row)))
        return "".join(f"<{tag}{kind}>{escape(text)}</{tag}>" for kind, text in zip(classes, row, strict=True))

    rows = "".join(f"<tr>{cells('td', row)}</tr>\n" for row in table.rows)
    head = f"<thead><tr>{cells('th', table.head)}</tr></thead>"
    return f'<div class="wide"><table>{head}<tbody>\n{rows}</tbody></table></div>\n'


def _chart(chart: Chart) -> str:
    title = escape(chart.title)
    shapes = "".join(map(_shape, plot(chart)))
    return (
        f'<figure><figcaption>{title}</figcaption><svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" '
        f'aria-label="{title}" font-size="9" fill="#5a6b7b">{shapes}</svg></figure>\n'
    )


def _shape(shape: Shape) -> str:
    if isinstance(shape, Bar):
        place = f'x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.width:.1f}" height="{shape.height:.1f}"'
        return f'<rect {place} fill="#0b6e8f"/>'
    if isinstance(shape, Rule):
        return f'<path d="M{shape.x1:.1f} {shape.y:.1f}H{shape.x2:.1f}" stroke="#e1e7ec"/>'
    return f'<text x="{shape.x:.1f}" y="{shape.y:.1f}" text-anchor="{shape.anchor}">{escape(shape.text)}</text>'
