"""A report as PDF (A4). reportlab draws everything; its built-in fonts need no file."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, SimpleDocTemplate
from reportlab.platypus import Paragraph as Text
from reportlab.platypus import Table as Grid

from iotctl.report.model import Block, Chart, Paragraph, Report, Table
from iotctl.report.plot import HEIGHT, WIDTH, Bar, Rule, plot

INK, GREY, BLUE, RULE, AMBER = (HexColor(code) for code in (0x1F2933, 0x5A6B7B, 0x0B6E8F, 0xE1E7EC, 0xFFF6E5))
MARGIN = 18 * mm
PADDING = 4.0


def _style(name: str, size: float, bold: bool = False, colour: Color = INK, **more: Any) -> ParagraphStyle:
    font = "Helvetica-Bold" if bold else "Helvetica"
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.35, textColor=colour, **more)


STYLES = {
    "title": _style("title", 22, bold=True),
    "subtitle": _style("subtitle", 10, colour=GREY, spaceAfter=8),
    "section": _style("section", 14, bold=True, colour=BLUE, spaceBefore=14, spaceAfter=5),
    "heading": _style("heading", 10.5, bold=True, spaceBefore=8, spaceAfter=4),
    "text": _style("text", 9.5, spaceAfter=4),
    "lead": _style("lead", 11, spaceAfter=4),
    "action": _style("action", 9.5, backColor=AMBER, borderPadding=4, spaceBefore=5, spaceAfter=7, leftIndent=4),
    "note": _style("note", 8, colour=GREY, spaceBefore=4, spaceAfter=4),
    "cell": _style("cell", 8),
    "number": _style("number", 8, alignment=2),
    "head": _style("head", 8, bold=True, colour=GREY),
    "number_head": _style("number_head", 8, bold=True, colour=GREY, alignment=2),
}


def pdf(report: Report) -> bytes:
    """The document as bytes."""
    story: list[Flowable] = [_text(report.title, "title"), _text(report.subtitle, "subtitle")]
    for section in report.sections:
        blocks = [_block(block) for block in section.blocks]
        story += [CondPageBreak(45 * mm), KeepTogether([_text(section.title, "section"), blocks[0]]), *blocks[1:]]

    def foot(canvas: Canvas, _document: object) -> None:
        canvas.setFont("Helvetica", 7.5)
        canvas.setFillColor(GREY)
        canvas.drawString(MARGIN, 10 * mm, report.footer)
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, str(canvas.getPageNumber()))

    file = BytesIO()
    margins: dict[str, Any] = {"leftMargin": MARGIN, "rightMargin": MARGIN, "topMargin": MARGIN, "bottomMargin": MARGIN}
    # invariant: the same report gives the same bytes.
    page = SimpleDocTemplate(file, pagesize=A4, title=report.title, lang=report.language, invariant=1, **margins)
    page.build(story, onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


def _text(text: str, style: str) -> Text:
    return Text(escape(text), STYLES[style])


def _block(block: Block) -> Flowable:
    if isinstance(block, Paragraph):
        return _text(block.text, block.style)
    return _grid(block) if isinstance(block, Table) else _drawing(block)


def _grid(table: Table) -> Flowable:
    def cells(row: tuple[str, ...], plain: str, number: str) -> list[Text]:
        return [_text(text, number if index in table.numeric else plain) for index, text in enumerate(row)]

    rows = [cells(table.head, "head", "number_head"), *(cells(row, "cell", "number") for row in table.rows)]
    room = A4[0] - 2 * MARGIN - 12
    # As wide as the longest text asks for, in proportion; bold is the wider font.
    widest = [
        max(stringWidth(row[index], "Helvetica-Bold", 8) for row in (table.head, *table.rows)) + 2 * PADDING + 1
        for index in range(len(table.head))
    ]
    grid = Grid(rows, colWidths=[room * width / sum(widest) for width in widest], repeatRows=1)
    pad = [(f"{side}PADDING", (0, 0), (-1, -1), PADDING) for side in ("LEFT", "RIGHT")]
    grid.setStyle([*pad, ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return grid


def _drawing(chart: Chart) -> Flowable:
    drawing = Drawing(WIDTH, HEIGHT)
    for shape in plot(chart):
        if isinstance(shape, Bar):
            y = HEIGHT - shape.y - shape.height
            paint: dict[str, Any] = {"fillColor": BLUE, "strokeColor": None}
            drawing.add(Rect(shape.x, y, shape.width, shape.height, **paint))
        elif isinstance(shape, Rule):
            drawing.add(Line(shape.x1, HEIGHT - shape.y, shape.x2, HEIGHT - shape.y, strokeColor=RULE))
        else:
            where = (shape.x, HEIGHT - shape.y, shape.text)
            drawing.add(String(*where, fontName="Helvetica", fontSize=7, fillColor=GREY, textAnchor=shape.anchor))
    return KeepTogether([_text(chart.title, "heading"), drawing])
