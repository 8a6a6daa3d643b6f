"""Text as PostgreSQL can store it: without the character U+0000. Pure."""

from typing import Annotated

from pydantic import Field

MAX_FILTER_VALUES = 1000
_PATTERN = r"^[^\x00]*$"

Text = Annotated[str, Field(pattern=_PATTERN, max_length=4000)]
Key = Annotated[str, Field(pattern=_PATTERN, min_length=1, max_length=400)]
Keys = Annotated[list[Key], Field(max_length=MAX_FILTER_VALUES)]
Person = Annotated[
    str, Field(pattern=_PATTERN, min_length=1, max_length=100, description="Who does it.", examples=["ana"])
]
Note = Annotated[
    str | None, Field(pattern=_PATTERN, max_length=2000, description="Why.", examples=["the pump is serviced"])
]


def storable(text: str) -> str:
    """Text that came over Kafka, with what cannot be stored replaced."""
    return text.replace("\0", "\ufffd")
