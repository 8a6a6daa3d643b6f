"""The current API keys, and the check of a token against them. Pure."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime

import msgspec

from iot_contracts.api_keys import TOKEN_PREFIX, ApiKey, Scope
from service_kit.access.errors import ForbiddenError, UnauthenticatedError

# `Token` is what InfluxDB's clients say for Bearer; those of its version 1 send the token as a user's password.
_CREDENTIALS = re.compile(rb"(bearer|token|basic) +(\S+)", re.IGNORECASE)
_TOKEN = re.compile(rb"%s_([0-9a-f]{16})_([\x21-\x7e]{1,256})" % TOKEN_PREFIX.encode())
_DUMMY_HASH = hashlib.sha256(b"").hexdigest()
_MISSING = "Send an API key: Authorization: Bearer iot_<key id>_<secret>. iotctl keys create makes a key"
_UNKNOWN = "The API key is unknown or revoked; iotctl keys list shows the valid ones"

_decode = msgspec.json.Decoder(ApiKey).decode


class ApiKeys:
    """The newest message of each key on topic `iot-api-keys`."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def update(self, key_id: str, message: bytes | None) -> str | None:
        """Apply a message of the topic; one without a value deletes the key.

        Returns the fault of a message that is not a key with this id; that key is refused from then on.
        """
        self._keys.pop(key_id, None)
        if message is None:
            return None
        try:
            key = _decode(message)
        except Exception as error:  # a decoder raises more than it documents: RecursionError, UnicodeDecodeError, …
            return f"{type(error).__name__}: {error}"
        if key.key_id != key_id:
            return f"the message of key {key_id} is about {key.key_id}"
        self._keys[key_id] = key
        return None

    def current(self, key_id: str, now: datetime) -> ApiKey | None:
        """The key with this id, or None when there is none or it is revoked."""
        key = self._keys.get(key_id)
        return None if key is None or (key.revoked_at is not None and key.revoked_at <= now) else key

    def authenticate(self, token: bytes, now: datetime) -> ApiKey:
        """The key of `token`. Raises UnauthenticatedError.

        The check takes the same time for a wrong secret, an unknown key and a revoked one.
        """
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            raise UnauthenticatedError(_UNKNOWN)
        key = self.current(parts[1].decode(), now)
        given = hashlib.sha256(parts[2]).hexdigest()
        is_right = hmac.compare_digest(given, key.secret_sha256 if key else _DUMMY_HASH)
        if key is None or not is_right:
            raise UnauthenticatedError(_UNKNOWN)
        return key


def token_of(headers: Iterable[tuple[bytes, bytes]], *, password: bool = True) -> bytes:
    """The token in the request's Authorization header, or as its password. Raises UnauthenticatedError."""
    values = [value for name, value in headers if name == b"authorization"]
    if not values:
        raise UnauthenticatedError(_MISSING, invalid=False)
    credentials = _CREDENTIALS.fullmatch(values[0].strip()) if len(values) == 1 else None
    if credentials is None:
        raise UnauthenticatedError(_MISSING)
    if credentials[1].lower() != b"basic":
        return credentials[2]
    if not password:
        raise UnauthenticatedError(_MISSING)
    return _password(credentials[2])


def _password(user_and_password: bytes) -> bytes:
    try:
        return base64.b64decode(user_and_password, validate=True).partition(b":")[2]
    except binascii.Error:
        raise UnauthenticatedError(_MISSING) from None


def require_scope(key: ApiKey, scope: Scope) -> None:
    """`admin` may do everything. Raises ForbiddenError."""
    if scope not in key.scopes and "admin" not in key.scopes:
        raise ForbiddenError(scope, key.key_id)
