"""Cookies that stand for a key."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from service_kit.access.api_keys import ApiKeys
from service_kit.access.errors import ForbiddenError, RateLimitedError, UnauthenticatedError
from service_kit.access.service import SIGN_INS, AccessService, access_counter
from service_kit.access.sessions import Sessions, session_of
from service_kit.access_examples import KEY_ID, SECRET, InMemoryKeys, InMemoryQuotas, a_key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SESSIONS = Sessions(b"s" * 32, max_age_s=3600)


def keys(**fields: object) -> ApiKeys:
    source = InMemoryKeys()
    source.put(a_key(**fields))
    return source.keys


def test_a_session_is_its_key_until_its_time_is_over() -> None:
    cookie = SESSIONS.issue(a_key(), NOW).encode()
    assert SESSIONS.authenticate(cookie, keys(), NOW + timedelta(seconds=3599)) == a_key()
    with pytest.raises(UnauthenticatedError):
        SESSIONS.authenticate(cookie, keys(), NOW + timedelta(seconds=3600))


def test_it_ends_with_its_key_and_with_its_secret() -> None:
    cookie = SESSIONS.issue(a_key(), NOW).encode()
    assert SECRET not in cookie.decode()
    for changed in (keys(revoked_at=NOW), keys(key_id="0" * 16), keys(secret_sha256="0" * 64)):
        with pytest.raises(UnauthenticatedError):
            SESSIONS.authenticate(cookie, changed, NOW)
    with pytest.raises(UnauthenticatedError):
        Sessions(b"t" * 32, 3600).authenticate(cookie, keys(), NOW)


@pytest.mark.parametrize("position", range(0, 90, 7))
def test_a_cookie_that_was_changed_is_none(position: int) -> None:
    cookie = SESSIONS.issue(a_key(), NOW).encode()
    position %= len(cookie)
    changed = cookie[:position] + bytes([cookie[position] ^ 1]) + cookie[position + 1 :]
    with pytest.raises(UnauthenticatedError):
        SESSIONS.authenticate(changed, keys(), NOW)


@pytest.mark.parametrize("value", [b"", b"x", KEY_ID.encode(), b"\xff" * 90, b"." * 90])
def test_what_is_no_cookie_of_ours_is_refused(value: bytes) -> None:
    with pytest.raises(UnauthenticatedError):
        SESSIONS.authenticate(value, keys(), NOW)


def test_the_session_is_found_among_other_cookies() -> None:
    assert session_of([(b"cookie", b"a=1; iot_session=abc; b=2")]) == b"abc"
    assert session_of([(b"cookie", b"not_iot_session=abc")]) is None
    assert session_of([]) is None


def service(source: InMemoryKeys) -> AccessService:
    decisions = access_counter(CollectorRegistry())
    return AccessService(source, InMemoryQuotas(), decisions, sessions=SESSIONS, now=lambda: NOW)


def test_a_key_that_may_read_is_exchanged_for_a_cookie() -> None:
    source = InMemoryKeys(keys(scopes=("read",)))
    key, cookie, max_age_s = service(source).sign_in(f"iot_{KEY_ID}_{SECRET}", "192.0.2.1")
    assert max_age_s == 3600
    assert SESSIONS.authenticate(cookie.encode(), source.keys, NOW) == key


@pytest.mark.parametrize("token", ["", "wrong", f"iot_{KEY_ID}_wrong", "é" * 60])
def test_no_other_key_is(token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        service(InMemoryKeys(keys(scopes=("read",)))).sign_in(token, "192.0.2.1")


def test_a_key_that_may_not_read_has_nothing_to_look_at() -> None:
    with pytest.raises(ForbiddenError):
        service(InMemoryKeys(keys(scopes=("write",)))).sign_in(f"iot_{KEY_ID}_{SECRET}", "192.0.2.1")


def test_an_address_may_not_try_for_ever_and_stops_no_other_one() -> None:
    access = service(InMemoryKeys(keys(scopes=("read",))))
    for _ in range(SIGN_INS.requests):
        with pytest.raises(UnauthenticatedError):
            access.sign_in("wrong", "192.0.2.1")
    with pytest.raises(RateLimitedError):
        access.sign_in(f"iot_{KEY_ID}_{SECRET}", "192.0.2.1")
    access.sign_in(f"iot_{KEY_ID}_{SECRET}", "192.0.2.2")
