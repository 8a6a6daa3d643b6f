"""The `Idempotency-Key` header, and what makes two requests the same one. Pure.

After draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ingest_api.errors import InvalidIdempotencyKeyError

HEADER = b"idempotency-key"
MAX_KEY_LENGTH = 255
_TOKEN = re.compile(rb"[!#-\[\]-~]+")
_QUOTED = re.compile(rb'"((?:[ !#-\[\]-~]|\\["\\])+)"')
_ESCAPED = re.compile(rb'\\(["\\])')


def idempotency_key(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The key that a request has, or None.

    A structured-fields string (`"8e03978e"`) as the draft has it, or without its quotes, as most clients send it.
    Raises InvalidIdempotencyKeyError.
    """
    values: list[bytes] = []
    for name, value in headers:  # no comprehension: most requests have no key, and one would cost them more
        if name == HEADER:
            values.append(value.strip())
    if not values:
        return None
    if len(values) == 1:
        value = values[0]
        quoted = _QUOTED.fullmatch(value)
        key = _ESCAPED.sub(rb"\1", quoted[1]) if quoted else value
        if len(key) <= MAX_KEY_LENGTH and (quoted or _TOKEN.fullmatch(value)):
            return key
    raise InvalidIdempotencyKeyError(
        f"Send one Idempotency-Key of 1 to {MAX_KEY_LENGTH} printable ASCII characters, for example a UUID, "
        "as it is or in double quotes"
    )


@dataclass(frozen=True)
class Identity:
    """A keyed request: what identifies it, and what a repetition must be equal to."""

    request: bytes
    """Digest of the client and its key: one client's keys say nothing of another's."""
    fingerprint: bytes
    """Digest of the address, the query, the media type and the decoded body."""


def identify(client: str, key: bytes, target: Iterable[bytes], body: bytes) -> Identity:
    """The identity of a request of `client`; `target` is what determines how the body is read."""
    fingerprint = hashlib.sha256()
    for part in target:
        fingerprint.update(len(part).to_bytes(4, "big") + part)
    fingerprint.update(body)
    request = hashlib.sha256(len(client).to_bytes(4, "big") + client.encode() + key)
    return Identity(request.digest(), fingerprint.digest())
