"""Generated documents are the same from every Python: until 3.13 a docstring keeps its indent."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stack.paths import PROJECT, SERVICES

DOCUMENTS = [*PROJECT.glob("contracts/schemas/*.json"), *SERVICES.glob("*/openapi.json")]


def descriptions(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (text for name, text in node.items() if name == "description" and isinstance(text, str))
    if isinstance(node, (dict, list)):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from descriptions(inner)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_no_description_keeps_the_indent_of_its_docstring(path: Path) -> None:
    found = [text.strip() for text in descriptions(json.loads(path.read_text()))]
    assert found == [inspect.cleandoc(text) for text in found]
