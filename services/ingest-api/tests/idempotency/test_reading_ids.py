from typing import Any
from uuid import RFC_4122, UUID

import msgspec

from ingest_api.idempotency.keys import Identity
from ingest_api.idempotency.reading_ids import with_derived_ids
from iot_contracts.problems import ItemError
from iot_contracts.readings import SubmittedReading

IDENTITY = Identity(b"request", b"fingerprint")


def without_id(a_reading: dict[str, Any]) -> SubmittedReading:
    return msgspec.convert({**a_reading, "reading_id": None}, SubmittedReading)


def ids(identity: Identity, *candidates: SubmittedReading) -> list[UUID | None]:
    return [one.reading_id for one in with_derived_ids(candidates, identity) if isinstance(one, SubmittedReading)]


def test_the_same_request_gives_the_same_ids(a_reading: dict[str, Any]) -> None:
    reading = without_id(a_reading)
    first, again = ids(IDENTITY, reading, reading), ids(IDENTITY, reading, reading)
    assert first == again
    assert len(set(first)) == 2


def test_the_ids_are_what_every_version_will_derive(a_reading: dict[str, Any]) -> None:
    """The next release must derive the same ones, or a retry across an upgrade counts twice."""
    [derived] = ids(IDENTITY, without_id(a_reading))
    assert str(derived) == "f73a424b-ff17-8ad1-bff2-6bbbcf4af55b"
    assert derived is not None
    assert (derived.version, derived.variant) == (8, RFC_4122)


def test_another_key_or_another_body_gives_other_ids(a_reading: dict[str, Any]) -> None:
    reading = without_id(a_reading)
    others = [Identity(b"request", b"another"), Identity(b"another", b"fingerprint")]
    assert len({ids(identity, reading)[0] for identity in [IDENTITY, *others]}) == 3


def test_an_id_depends_on_the_place_in_the_request_and_on_no_other_item(a_reading: dict[str, Any]) -> None:
    reading = without_id(a_reading)
    error = ItemError(index=0, pointer="", code="not_an_object", detail="")
    alone, after_an_error = with_derived_ids([reading, reading], IDENTITY), with_derived_ids([error, reading], IDENTITY)
    assert after_an_error[0] is error
    assert after_an_error[1] == alone[1]


def test_a_client_s_own_id_is_kept(a_reading: dict[str, Any]) -> None:
    reading = msgspec.convert(a_reading, SubmittedReading)
    assert with_derived_ids([reading], IDENTITY) == [reading]
