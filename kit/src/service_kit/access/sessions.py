"""What a browser gets in exchange for an API key: a signed cookie that names the key. Pure."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime

from iot_contracts.api_keys import ApiKey
from service_kit.access.api_keys import ApiKeys
from service_kit.access.errors import UnauthenticatedError

COOKIE = "iot_session"
_PREFIX = f"{COOKIE}=".encode()
_VALUE = re.compile(rb"([0-9a-f]{16})\.([0-9]{1,12})\.([0-9a-f]{64})")
_OVER = "The session is over or not valid; sign in again with an API key"


class Sessions:
    """Makes and checks the cookies. Nothing is stored: a cookie holds no secret, and ends with its key or its time.

    `secret` signs them; with another one nobody is signed in any more.
    """

    def __init__(self, secret: bytes, max_age_s: int) -> None:
        self._secret = secret
        self.max_age_s = max_age_s

    def issue(self, key: ApiKey, now: datetime) -> str:
        """The value of a cookie for the owner of `key`."""
        expires = int(now.timestamp()) + self.max_age_s
        return f"{key.key_id}.{expires}.{self._signature(key, expires)}"

    def authenticate(self, value: bytes, keys: ApiKeys, now: datetime) -> ApiKey:
        """The key that a cookie stands for. Raises UnauthenticatedError."""
        parts = _VALUE.fullmatch(value)
        key = keys.current(parts[1].decode(), now) if parts else None
        if parts is None or key is None:
            raise UnauthenticatedError(_OVER)
        expires = int(parts[2])
        is_signed = hmac.compare_digest(parts[3].decode(), self._signature(key, expires))
        if not is_signed or expires <= now.timestamp():
            raise UnauthenticatedError(_OVER)
        return key

    def _signature(self, key: ApiKey, expires: int) -> str:
        content = f"{key.key_id}.{expires}.{key.secret_sha256}"
        return hmac.new(self._secret, content.encode(), hashlib.sha256).hexdigest()


def session_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The value of the request's session cookie, or None when it has none."""
    for name, value in headers:
        if name == b"cookie":
            for cookie in value.split(b";"):
                if cookie.strip().startswith(_PREFIX):
                    return cookie.strip().removeprefix(_PREFIX)
    return None
