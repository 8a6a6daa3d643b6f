"""Names of the contract made of names that other formats allow. Pure.

Texts that differ become names that differ: a text that is a name stays as it is, any other gets a digest of the
exact text. Names of the digest's shape get one too, so that no text can be taken for another's name.
"""

import re
from hashlib import blake2b

from iot_contracts.readings import MAX_NAME_LENGTH
from iot_domain.names import is_name

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.:\-]")
_NOT_AT_ITS_START = re.compile(r"^[_.:\-]+")
_WITH_DIGEST = re.compile(r".*--[0-9a-f]{16}", re.DOTALL)
_DIGEST_BYTES = 8
_MAX_READABLE = MAX_NAME_LENGTH - len("--") - 2 * _DIGEST_BYTES


def stands_for_itself(text: str) -> bool:
    """Whether `text` is a name of the contract, and not of the shape that `name_with_digest` makes."""
    return len(text) <= MAX_NAME_LENGTH and is_name(text) and not _WITH_DIGEST.fullmatch(text)


def name_of(text: str) -> str:
    """`text` itself when it is a name, else a name that no other text becomes."""
    return text if stands_for_itself(text) else name_with_digest(text, text)


def name_with_digest(readable: str, exact: str) -> str:
    """`readable` with `_` for what a name may not have, cut, and a digest of `exact`, which tells it from others."""
    name = _NOT_AT_ITS_START.sub("", _NOT_IN_A_NAME.sub("_", readable))[:_MAX_READABLE] or "x"
    return f"{name}--{blake2b(exact.encode(), digest_size=_DIGEST_BYTES).hexdigest()}"
