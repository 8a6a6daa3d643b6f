"""Ids of readings that have none, derived from the request that brings them. Pure."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from ingest_api.formats.candidates import Candidate
from ingest_api.idempotency.keys import Identity
from iot_contracts.readings import SubmittedReading

_VERSION_8 = 8 << 76
_VARIANT_RFC = 2 << 62
_NOT_VERSION_NOR_VARIANT = ~((0xF << 76) | (0x3 << 62))


def with_derived_ids(candidates: Sequence[Candidate], identity: Identity) -> list[Candidate]:
    """The same candidates, each reading without an id given the one that it gets whenever this request comes again.

    The id is a UUIDv8 (RFC 9562): the first 16 bytes of SHA-256 over the request's identity and the index of the item.
    The fingerprint is part of it, so that a key that is used for another body once it is forgotten makes other ids:
    equal ones would make every consumer drop the new readings as repetitions.
    """
    seed = hashlib.sha256(identity.request + identity.fingerprint)
    return [
        replace(candidate, reading_id=_derived(seed.copy(), index))
        if isinstance(candidate, SubmittedReading) and candidate.reading_id is None
        else candidate
        for index, candidate in enumerate(candidates)
    ]


def _derived(seed: "hashlib._Hash", index: int) -> UUID:
    seed.update(index.to_bytes(8, "big"))
    number = int.from_bytes(seed.digest()[:16], "big")
    return UUID(int=number & _NOT_VERSION_NOR_VARIANT | _VERSION_8 | _VARIANT_RFC)
