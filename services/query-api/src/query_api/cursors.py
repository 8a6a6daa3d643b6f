"""Tokens that say where the next page of a list begins. Pure."""

import base64
import binascii
from datetime import datetime

import msgspec

from service_kit.problems import InvalidRequestError

Place = tuple[datetime, str]
"""Time and id of the last row of a page, newest first."""
_decoder = msgspec.json.Decoder(Place)


def page_token(place: Place) -> str:
    """The token for the rows after `place`; no padding, so that it needs no escape in an address."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def place_of(token: str) -> Place:
    """What `page_token` made the token of. Raises InvalidRequestError."""
    try:
        time, key = _decoder.decode(base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True))
    except (binascii.Error, msgspec.DecodeError, ValueError):
        time, key = datetime.min, "\0"
    if time.tzinfo is None or "\0" in key:
        raise InvalidRequestError("page_token: not one that this address gave; ask again without it")
    return time, key
