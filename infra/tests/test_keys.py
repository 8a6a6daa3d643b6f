"""What a new API key is; that it works is seen in tests/integration."""

import hashlib
from datetime import UTC, datetime

import pytest

from components.api_keys import new_key
from iot_contracts.api_keys import RateLimit
from iotctl.keys import rate_limit
from stack.errors import IotctlError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_key_holds_the_hash_of_its_token_s_secret_only() -> None:
    key, token = new_key("gateway", ("write",), None, NOW)
    prefix, key_id, secret = token.split("_", 2)
    assert (prefix, key_id, len(secret)) == ("iot", key.key_id, 43)
    assert key.secret_sha256 == hashlib.sha256(secret.encode()).hexdigest()


def test_no_two_keys_are_alike() -> None:
    assert len({new_key("gateway", ("write",), None, NOW)[1] for _ in range(100)}) == 100


@pytest.mark.parametrize(("name", "scopes"), [("", ("write",)), ("gateway", ("root",)), ("x" * 65, ("write",))])
def test_what_the_contract_does_not_have_is_refused(name: str, scopes: tuple[str, ...]) -> None:
    with pytest.raises(IotctlError):
        new_key(name, scopes, None, NOW)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("", None),
        ("100/s", RateLimit(requests=100, window_s=1)),
        ("6000/m", RateLimit(requests=6000, window_s=60)),
        ("500/10s", RateLimit(requests=500, window_s=10)),
        ("1/d", RateLimit(requests=1, window_s=86_400)),
    ],
)
def test_a_rate_is_requests_in_a_time(text: str, limit: RateLimit | None) -> None:
    assert rate_limit(text) == limit


@pytest.mark.parametrize("text", ["100", "100/", "/s", "-1/s", "0/s", "1/0s", "1/2d", "1.5/s", "1/w"])
def test_another_rate_is_refused(text: str) -> None:
    with pytest.raises(IotctlError, match="--rate"):
        rate_limit(text)
