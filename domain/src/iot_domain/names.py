"""Names as the contract has them. Sensors and types repeat, so each name is looked at once, not once a reading."""

import functools
import re
from typing import Annotated

from msgspec import Meta

from iot_contracts.readings import MAX_NAME_LENGTH, NAME_PATTERN

MAX_REMEMBERED_NAMES = 65_536
UncheckedName = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
"""A name whose pattern `is_name` is to look at: to match it costs more than to decode the rest of a reading."""
_NAME = re.compile(NAME_PATTERN)


@functools.lru_cache(MAX_REMEMBERED_NAMES)
def is_name(text: str) -> bool:
    """Whether `text` matches the contract's pattern as a whole; its length is checked where it is decoded.

    Python's `$`, and so msgspec's check, also lets a line break at the end pass.
    """
    return _NAME.fullmatch(text) is not None
