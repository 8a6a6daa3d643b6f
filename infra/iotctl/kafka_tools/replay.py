"""`iotctl dlq replay`: posts dead letters again through ingest-api, and says what became of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from iotctl.kafka_tools.dead_letters import Letter, Repair
from iotctl.kafka_tools.ingest_client import IngestClient, RefusedError

Fate = Literal["accepted", "rejected", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """What became of one letter, and why."""

    letter: Letter
    fate: Fate
    why: str = ""


def replay(client: IngestClient, letters: Iterable[Letter], repair: Repair) -> Iterator[Outcome]:
    """Post each letter by itself and yield what became of it. Raises IotctlError when ingest-api stays away.

    Safe to repeat: the reading_id is the payload's own or made of where the message came from, so a reading that had
    been accepted before is the same reading.
    """
    for letter in letters:
        yield _replay_one(client, letter, repair)


def _replay_one(client: IngestClient, letter: Letter, repair: Repair) -> Outcome:
    reading = repair.apply(letter)
    if reading is None:
        how = f"iotctl dlq show {letter.offset} --payload > file, correct it, iotctl send file"
        return Outcome(letter, "skipped", f"the payload is no JSON object that can be read one way: {how}")
    try:
        verdicts = client.post([json.dumps(reading).encode()])
    except RefusedError as error:
        return Outcome(letter, "rejected", error.why)
    if verdicts.accepted:
        return Outcome(letter, "accepted", f"reading_id {reading['reading_id']}")
    return Outcome(letter, "rejected", "; ".join(verdicts.errors.values()))
