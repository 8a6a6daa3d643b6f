"""Reads what clients send. Pure."""

import msgspec

from iot_contracts.stream_frames import StreamError
from iot_contracts.stream_requests import StreamRequest

_decoder: msgspec.json.Decoder[StreamRequest] = msgspec.json.Decoder(StreamRequest)
_EXAMPLE = '{"type":"subscribe","topic":"alerts","filter":{"severity":["high"]}}'


def parse_request(text: str) -> StreamRequest | StreamError:
    """The request, or the error to answer with."""
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError as error:
        return StreamError(code="invalid_request", message=f"{error}. Say for example {_EXAMPLE}")
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return StreamError(code="invalid_json", message=f"Not JSON: {error}. Say for example {_EXAMPLE}")
