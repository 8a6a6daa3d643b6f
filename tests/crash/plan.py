"""Which program is struck how, in which order, and when. Pure: the same seed gives the same plan."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

PROGRAMS = (
    "postgres",
    "namenode",
    "datanode",
    "metastore",
    "kafka",
    "ingest-api",
    "stream-processor",
    "query-api",
    "dashboard",
)
LONGEST_PAUSE_S = 5.0
"""More than the stream processor's trigger interval, so that every moment of a micro-batch can be hit."""


class Kind(StrEnum):
    """What is done to a program."""

    KILLED = "killed"
    """`kill -9` of its main process."""
    FROZEN = "frozen"
    """SIGSTOP of all its processes, SIGCONT later."""


@dataclass(frozen=True)
class Strike:
    """One strike: after `pause_s` seconds of ordinary work."""

    program: str
    kind: Kind
    round: int
    pause_s: float


def strikes(seed: int, rounds: int, programs: Sequence[str] = PROGRAMS) -> list[Strike]:
    """Each program killed `rounds` times and frozen once, in a random order, at random moments."""
    draw = random.Random(seed)
    planned = [(program, Kind.KILLED, number) for program in programs for number in range(1, rounds + 1)]
    planned += [(program, Kind.FROZEN, 1) for program in programs]
    draw.shuffle(planned)
    return [Strike(*one, pause_s=draw.uniform(0, LONGEST_PAUSE_S)) for one in planned]
