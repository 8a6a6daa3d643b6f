import pytest

from ingest_api.errors import InvalidIdempotencyKeyError
from ingest_api.idempotency.keys import idempotency_key, identify

TARGET = (b"/v1/readings", b"", b"application/json")


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b'"8e03978e-40d5-43dd-bc93-6894a57f9324"', b"8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (b"8e03978e-40d5-43dd-bc93-6894a57f9324", b"8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (b'  "batch 17" ', b"batch 17"),
        (rb'"say \"hi\" \\o/"', rb'say "hi" \o/'),
        (b"k" * 255, b"k" * 255),
    ],
)
def test_a_key_is_taken_with_its_quotes_or_without(value: bytes, key: bytes) -> None:
    assert idempotency_key([(b"host", b"x"), (b"idempotency-key", value)]) == key


@pytest.mark.parametrize(
    "value", [b"", b" ", b'""', b'"open', b"two words", b"a" * 256, b"\xc3\xa9", b'"\x07"', b'"a"b"']
)
def test_what_can_t_be_a_key_is_refused(value: bytes) -> None:
    with pytest.raises(InvalidIdempotencyKeyError, match="in double quotes"):
        idempotency_key([(b"idempotency-key", value)])


def test_two_keys_are_refused() -> None:
    with pytest.raises(InvalidIdempotencyKeyError):
        idempotency_key([(b"idempotency-key", b"a"), (b"idempotency-key", b"a")])


def test_no_header_is_no_key() -> None:
    assert idempotency_key([(b"host", b"x")]) is None


def test_another_client_s_key_is_another_request() -> None:
    mine, theirs = (identify(client, b"1", TARGET, b"[]") for client in ("", "9f86d081884c7d65"))
    assert mine.request != theirs.request
    assert mine.fingerprint == theirs.fingerprint


@pytest.mark.parametrize(
    "other",
    [
        ((b"/api/v2/write", b"", b"application/json"), b"[]"),
        ((b"/v1/readings", b"on_error=reject", b"application/json"), b"[]"),
        ((b"/v1/readings", b"", b"application/x-ndjson"), b"[]"),
        ((b"/v1/readings", b"", b"application/json"), b"[ ]"),
        ((b"/v1/readings", b"application/json", b""), b"[]"),
    ],
)
def test_whatever_decides_what_a_body_means_is_part_of_the_request(other: tuple[tuple[bytes, ...], bytes]) -> None:
    mine, others = identify("", b"1", TARGET, b"[]"), identify("", b"1", *other)
    assert mine.request == others.request
    assert mine.fingerprint != others.fingerprint
