"""JSON Schemas of message types, the same from every Python."""

import inspect
from collections.abc import Iterable
from typing import Any

import msgspec


def schema_components(
    message_types: Iterable[Any], ref_template: str
) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """`msgspec.json.schema_components`, with every description without its docstring's indent.

    Since Python 3.13 the compiler takes the indent of a docstring away; before, it is left in `__doc__`.
    """
    schemas, components = msgspec.json.schema_components(message_types, ref_template=ref_template)
    return tuple(_without_indent(schema) for schema in schemas), _without_indent(components)


def _without_indent(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_indent(element) for element in node]
    if not isinstance(node, dict):
        return node
    return {
        key: inspect.cleandoc(value) if key == "description" and isinstance(value, str) else _without_indent(value)
        for key, value in node.items()
    }
