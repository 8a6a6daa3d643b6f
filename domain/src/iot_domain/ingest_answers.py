"""What an answer of ingest-api to posted readings means to whoever posted them. Pure.

One rule for all clients: verdicts come with 202, 207 and 422; 400, 413 and 415 refuse the request itself, so that the
same again is refused again; everything else says nothing of the readings, which may be sent again with the same ids.
"""

from dataclasses import dataclass
from typing import Final

from iot_contracts.problems import IngestResult
from iot_domain.decoding import MessageDecoder, Refusal

READINGS_PATH: Final = "/v1/readings"
_PER_ITEM: Final = frozenset({202, 207, 422})
_REFUSED: Final = frozenset({400, 413, 415})
_results = MessageDecoder(IngestResult)
_SHOWN = 500


@dataclass(frozen=True)
class RequestRefused:
    """The request as a whole will never be accepted: it is broken, or too large."""

    why: str


@dataclass(frozen=True)
class NotAnswered:
    """Nothing is known of the readings: send the same again."""

    why: str


IngestAnswer = IngestResult | RequestRefused | NotAnswered


def read_answer(status: int, body: bytes) -> IngestAnswer:
    """What an HTTP answer means."""
    said = f"ingest-api answered {status}: {body[:_SHOWN].decode(errors='replace')}"
    if status in _PER_ITEM:
        result = _results.decode(body)
        return RequestRefused(said) if isinstance(result, Refusal) else result
    return RequestRefused(said) if status in _REFUSED else NotAnswered(said)
