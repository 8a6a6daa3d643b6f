"""The API keys as they are known now, and whether a token is one of them. Pure."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime

from ingest_api.errors import ForbiddenError, UnauthenticatedError
from iot_contracts.api_keys import TOKEN_PREFIX, ApiKey, Scope
from iot_domain.decoding import MessageDecoder, Refusal

# `Token` is what InfluxDB's clients say for Bearer; those of its version 1 send the token as a user's password.
_CREDENTIALS = re.compile(rb"(bearer|token|basic) +(\S+)", re.IGNORECASE)
_TOKEN = re.compile(rb"%s_([0-9a-f]{16})_([\x21-\x7e]{1,256})" % TOKEN_PREFIX.encode())
_DUMMY_HASH = hashlib.sha256(b"").hexdigest()
_MISSING = "Send an API key: Authorization: Bearer iot_<key id>_<secret>. iotctl keys create makes one"
_UNKNOWN = "The API key is not known, or has been revoked; iotctl keys list shows those that are good"

_decoder = MessageDecoder(ApiKey)


class ApiKeys:
    """The newest message of each key on topic `iot-api-keys`."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def update(self, key_id: str, message: bytes | None) -> str | None:
        """Take a message of the topic; one without a value deletes the key.

        Returns what is wrong with a message that is no key of this id; the key is refused from then on.
        """
        self._keys.pop(key_id, None)
        if message is None:
            return None
        key = _decoder.decode(message)
        if isinstance(key, Refusal):
            return key.detail
        if key.key_id != key_id:
            return f"the message of key {key_id} is about {key.key_id}"
        self._keys[key_id] = key
        return None

    def authenticate(self, token: bytes, now: datetime) -> ApiKey:
        """The key that `token` proves to have. Raises UnauthenticatedError.

        A wrong secret takes as long as an unknown or revoked key, whatever it has in common with the right one.
        """
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            raise UnauthenticatedError(_UNKNOWN)
        key = self._keys.get(parts[1].decode())
        given = hashlib.sha256(parts[2]).hexdigest()
        is_right = hmac.compare_digest(given, key.secret_sha256 if key else _DUMMY_HASH)
        if key is None or not is_right or (key.revoked_at is not None and key.revoked_at <= now):
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
