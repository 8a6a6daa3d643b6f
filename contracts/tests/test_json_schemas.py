"""A schema does not depend on the Python that made it."""

import inspect
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from iot_contracts.json_schemas import schema_components


class Colour(Enum):
    """A colour.

    The second paragraph of an enumeration.
    """

    RED = "red"


class Inner(msgspec.Struct):
    """One inner message.

    Its docstring goes on:

        with an example that is indented.
    """

    colour: Colour


class Outer(msgspec.Struct):
    """One message.

    It holds others.
    """

    inner: list[Inner]
    description: str = "  kept as it is"


def schemas_with(docstrings: Mapping[Any, str | None]) -> Any:
    before: dict[Any, str | None] = {message_type: message_type.__doc__ for message_type in docstrings}
    try:
        for message_type, docstring in docstrings.items():
            message_type.__doc__ = docstring
        return schema_components([Outer], ref_template="#/{name}")
    finally:
        for message_type, original in before.items():
            message_type.__doc__ = original


def test_a_docstring_gives_the_same_schema_with_its_indent_and_without() -> None:
    clean = {message_type: inspect.cleandoc(message_type.__doc__ or "") for message_type in (Colour, Inner, Outer)}
    indented = {message_type: text.replace("\n", "\n    ") + "\n    " for message_type, text in clean.items()}
    schemas, components = schemas_with(indented)
    assert (schemas, components) == schemas_with(clean)
    assert components["Inner"]["description"] == clean[Inner]
    assert components["Colour"]["description"] == clean[Colour]


def test_a_field_named_description_keeps_its_schema() -> None:
    _, components = schema_components([Outer], ref_template="#/{name}")
    assert components["Outer"]["properties"]["description"] == {"type": "string", "default": "  kept as it is"}
