"""The states of a keyed request, and how much is stored."""

from dataclasses import dataclass

from ingest_api.idempotency.keys import Identity


@dataclass(frozen=True)
class Answer:
    """The first answer to a request."""

    status: int
    media_type: str | None
    body: bytes


@dataclass(frozen=True)
class Claim:
    """The request is reserved for the caller; `took_over`: a worker process that has died had started it."""

    identity: Identity
    number: int
    took_over: bool


@dataclass(frozen=True)
class Running:
    """The request is in progress."""


@dataclass(frozen=True)
class Different:
    """The key was used for another request."""


ClaimResult = Claim | Running | Different | Answer


@dataclass(frozen=True)
class Bounds:
    """How many answers are stored, and for how long."""

    max_age_s: float
    max_keys: int
    max_answer_bytes: int
    lease_s: float
    """After this time a request that is still in progress may be started again by another worker process."""
