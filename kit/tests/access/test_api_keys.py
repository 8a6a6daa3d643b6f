import base64
import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from iot_contracts.api_keys import ApiKey
from service_kit.access.api_keys import ApiKeys, require_scope, token_of
from service_kit.access.errors import ForbiddenError, UnauthenticatedError
from service_kit.access_examples import KEY_ID, SECRET, a_key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN = f"iot_{KEY_ID}_{SECRET}".encode()


def keys_with(*messages: ApiKey) -> ApiKeys:
    keys = ApiKeys()
    for message in messages:
        keys.update(message.key_id, msgspec.json.encode(message))
    return keys


def test_the_right_token_is_its_key() -> None:
    assert keys_with(a_key()).authenticate(TOKEN, NOW) == a_key()


@pytest.mark.parametrize(
    "token",
    [
        TOKEN + b"x",
        TOKEN[:-1],
        TOKEN.upper(),
        f"iot_{'0' * 16}_{SECRET}".encode(),
        SECRET.encode(),
        f"iot_{KEY_ID}_".encode(),
        f"iot_{KEY_ID}_{hashlib.sha256(SECRET.encode()).hexdigest()}".encode(),
        b"\xff" * 40,
    ],
)
def test_any_other_token_is_refused(token: bytes) -> None:
    with pytest.raises(UnauthenticatedError) as refusal:
        keys_with(a_key()).authenticate(token, NOW)
    assert refusal.value.headers == {"WWW-Authenticate": 'Bearer realm="iot", error="invalid_token"'}


def test_a_key_is_good_until_the_moment_of_its_revocation() -> None:
    keys = keys_with(a_key(), a_key(revoked_at=NOW))
    assert keys.authenticate(TOKEN, NOW - timedelta(microseconds=1))
    with pytest.raises(UnauthenticatedError):
        keys.authenticate(TOKEN, NOW)


def test_the_newest_message_of_a_key_is_the_key() -> None:
    keys = keys_with(a_key(), a_key(secret_sha256="0" * 64))
    with pytest.raises(UnauthenticatedError):
        keys.authenticate(TOKEN, NOW)


def test_a_deleted_key_is_refused() -> None:
    keys = keys_with(a_key())
    keys.update(KEY_ID, None)
    with pytest.raises(UnauthenticatedError):
        keys.authenticate(TOKEN, NOW)


@pytest.mark.parametrize(
    "message", [b"{", b"{}", b"\xff", b"[" * 5000 + b"]" * 5000, msgspec.json.encode(a_key(key_id="0" * 16))]
)
def test_a_key_whose_message_can_t_be_understood_is_refused(message: bytes) -> None:
    keys = keys_with(a_key())
    assert keys.update(KEY_ID, message) is not None
    with pytest.raises(UnauthenticatedError):
        keys.authenticate(TOKEN, NOW)


@pytest.mark.parametrize("value", [b"Bearer " + TOKEN, b"bearer  " + TOKEN, b"Token " + TOKEN])
def test_a_token_comes_as_bearer_or_as_influxdb_s_clients_say_it(value: bytes) -> None:
    assert token_of([(b"authorization", value)]) == TOKEN


@pytest.mark.parametrize("user", [b"", b"telegraf", b"\xc3\xa9"])
def test_a_token_comes_as_the_password_of_any_user(user: bytes) -> None:
    assert token_of([(b"authorization", b"Basic " + base64.b64encode(user + b":" + TOKEN))]) == TOKEN


def test_without_a_token_the_client_is_asked_for_one() -> None:
    with pytest.raises(UnauthenticatedError) as refusal:
        token_of([(b"host", b"x")])
    assert refusal.value.headers == {"WWW-Authenticate": 'Bearer realm="iot"'}


@pytest.mark.parametrize(
    "values", [[b"Basic dTpw!"], [b"Digest dTpw"], [b"Bearer"], [b"Bearer a b"], [b"Bearer a", b"Bearer a"]]
)
def test_other_credentials_are_refused(values: list[bytes]) -> None:
    with pytest.raises(UnauthenticatedError):
        token_of([(b"authorization", value) for value in values])


def test_admin_may_do_everything_and_the_others_what_they_say() -> None:
    require_scope(a_key(scopes=("admin",)), "write")
    require_scope(a_key(scopes=("read", "write")), "write")
    with pytest.raises(ForbiddenError, match="lacks the scope 'write'") as refusal:
        require_scope(a_key(scopes=("read",)), "write")
    assert 'error="insufficient_scope", scope="write"' in (refusal.value.headers or {})["WWW-Authenticate"]
