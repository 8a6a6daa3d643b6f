"""Holds that every relative link in a Markdown file leads to a file, and to a heading of it where it names one.

The bug behind it: pages outlive what they point at, and the reader who needs them is the first to find out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

PROJECT = Path(__file__).resolve().parents[2]
_NOT_OURS = frozenset({".local", ".state", ".git", "node_modules", "dist", "data"})
_FENCE = re.compile(r"^\s*(```|~~~)")
_CODE = re.compile(r"`[^`]*`")
_LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
_ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(frozen=True)
class BrokenLink:
    """One link that leads nowhere."""

    path: Path
    line: int
    target: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.target}: {self.reason}"


def pages(project: Path) -> list[Path]:
    """Return our Markdown files; what is installed or built is left out."""
    found = (path for path in project.rglob("*.md") if not _NOT_OURS.intersection(path.relative_to(project).parts))
    return sorted(found)


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines outside of code blocks."""
    in_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if _FENCE.match(line):
            in_code = not in_code
        elif not in_code:
            yield number, line


def anchors(text: str) -> set[str]:
    """Return the names of a page's headings as links write them: lower case, words joined by dashes."""
    headings = (_HEADING.match(line) for _, line in prose(text))
    return {_anchor(heading[1]) for heading in headings if heading}


def _anchor(heading: str) -> str:
    letters = re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", heading).lower())
    return letters.replace(" ", "-")


def check_page(path: Path, project: Path) -> Iterator[BrokenLink]:
    """Yield the broken links of one page."""
    for number, line in prose(path.read_text(encoding="utf-8")):
        for target in _LINK.findall(_CODE.sub("", line)):
            reason = _problem(path, unquote(target))
            if reason:
                yield BrokenLink(path.relative_to(project), number, target, reason)


def _problem(page: Path, target: str) -> str | None:
    if _ELSEWHERE.match(target):
        return None
    name, _, anchor = target.partition("#")
    file = page if not name else page.parent / name
    if not file.exists():
        return "there is no such file"
    if anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
        return f"{file.name} has no heading of this name"
    return None


def check(project: Path) -> list[BrokenLink]:
    """Return every broken link of the project."""
    return [broken for page in pages(project) for broken in check_page(page, project)]


def main() -> int:
    """Print the broken links; 1 when there are any."""
    broken = check(PROJECT)
    for link in broken:
        print(link)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
