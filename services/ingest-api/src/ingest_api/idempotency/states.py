"""What is known of a keyed request, and how much is remembered."""

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
    """The request is the caller's to work on; `took_over`: a worker process that is gone had begun with it."""

    identity: Identity
    number: int
    took_over: bool


@dataclass(frozen=True)
class Running:
    """Somebody works on the request now."""


@dataclass(frozen=True)
class Different:
    """The key belongs to another request."""


ClaimResult = Claim | Running | Different | Answer


@dataclass(frozen=True)
class Bounds:
    """How much is remembered, and for how long."""

    max_age_s: float
    max_keys: int
    max_answer_bytes: int
    lease_s: float
    """After this long a request that is still being worked on may be begun again by somebody else."""
