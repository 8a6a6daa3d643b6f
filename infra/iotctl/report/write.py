"""Writing a report in a format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iotctl.report.content import content
from iotctl.report.html import html
from iotctl.report.markdown import markdown


def write(document: Mapping[str, Any], file: Path, format_: str, language: str) -> None:
    """Write the report of a run's results; `format_` is html, md or pdf, `language` en or fr."""
    report = content(document, language)
    if format_ == "pdf":
        # reportlab takes a while to import.
        from iotctl.report.pdf import pdf

        file.write_bytes(pdf(report))
    else:
        file.write_text(html(report) if format_ == "html" else markdown(report), encoding="utf-8")
