"""Why one item is no reading, in the words that every door uses. Pure."""

import re

from msgspec import ValidationError

from iot_contracts.readings import MAX_NAME_LENGTH, NAME_PATTERN
from iot_domain.names import is_name

NOT_A_NAME = (
    f"Has up to {MAX_NAME_LENGTH} ASCII letters, digits and _ . : - and begins with a letter or digit; correct it"
)

_NO_MATCH = f"Expected `str` matching regex {NAME_PATTERN!r}"
"""What msgspec says of a name, which nobody can act on."""
_PLACED = re.compile(r"(?P<what>.*) - at `\$(?P<path>[^`]*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<field>\w+)`")
_PATH_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


class ItemFaultError(ValueError):
    """What is wrong with one item: a JSON pointer to the field, a code for programs, what to do about it."""

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        super().__init__(f"{pointer[1:]}: {detail}" if pointer else detail)
        self.pointer, self.code, self.detail = pointer, code, detail


def fault_of(error: ValidationError) -> ItemFaultError:
    """The fault that msgspec names in an item decoded by itself."""
    placed = _PLACED.fullmatch(str(error))
    what, path = (placed["what"], placed["path"]) if placed else (str(error), "")
    pointer = "".join(f"/{name or position}" for name, position in _PATH_STEP.findall(path))
    if missing := _MISSING.fullmatch(what):
        detail = f"Add the field {missing['field']!r}; see the schema SubmittedReading under /docs"
        return ItemFaultError(f"{pointer}/{missing['field']}", "missing_field", detail)
    if not pointer:
        return ItemFaultError("", "not_an_object", f"{what}; send a reading")
    if what == _NO_MATCH:
        return ItemFaultError(pointer, "invalid_field", NOT_A_NAME)
    return ItemFaultError(pointer, "invalid_field", f"{what}; correct the field")


def require_name(field: str, text: str | None) -> None:
    """Raises ItemFaultError when the text of `field` is there and is no name of the contract."""
    if text is not None and not is_name(text):
        raise ItemFaultError(f"/{field}", "invalid_field", NOT_A_NAME)
