"""Dead letters as operators handle them: chosen, shown, repaired. Pure, but for reading them from Kafka."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid5

import msgspec

from iot_contracts.dead_letters import DeadLetter, DeadLetterReason
from iot_contracts.topics import IOT_DLQ
from iot_domain.decoding import MessageDecoder, Refusal
from iotctl.kafka_tools.messages import json_object, printable, rfc3339
from iotctl.kafka_tools.predicate import Predicate
from iotctl.kafka_tools.reading_files import NAMESPACE
from iotctl.kafka_tools.reading_topics import consumer_of, kafka_errors, read_to_end
from iotctl.kafka_tools.starting_point import Beginning, StartingPoint

_letters_of_the_contract = MessageDecoder(DeadLetter)


@dataclass(frozen=True)
class Letter:
    """One dead letter and where it lies: its offset on `iot-dlq` is how commands name it."""

    offset: int
    content: DeadLetter

    @property
    def source(self) -> str:
        """Return where the message came from."""
        return f"{self.content.source_topic}:{self.content.source_partition}:{self.content.source_offset}"

    def names(self) -> dict[str, Any]:
        """Return what a filter may name: the letter's own fields, and those of its payload."""
        letter = msgspec.to_builtins(self.content)
        del letter["payload"]
        return {**(json_object(self.content.payload) or {}), **letter, "offset": self.offset}

    def as_json(self) -> dict[str, Any]:
        """Return it for programs: the letter, its offset, and the payload as text where it is UTF-8."""
        letter: dict[str, Any] = msgspec.to_builtins(self.content)
        try:
            letter["payload_text"] = self.content.payload.decode()
        except UnicodeDecodeError:
            letter["payload_text"] = None
        return {"offset": self.offset, **letter}

    def shown(self) -> str:
        """Return it for people: what is wrong, where it came from, and the decoded payload."""
        fields = json_object(self.content.payload)
        payload = repr(self.content.payload) if fields is None else json.dumps(fields, indent=2, ensure_ascii=False)
        lines = [
            f"offset     {self.offset}",
            f"reason     {self.content.reason.value}: {self.content.detail}",
            f"source     {self.source}",
            f"failed at  {rfc3339(self.content.failed_at)}",
            f"payload    {len(self.content.payload)} bytes",
            *payload.split("\n"),
        ]
        return "\n".join(map(printable, lines))


@dataclass(frozen=True)
class Repair:
    """What to change in a payload before it is posted again."""

    set_fields: dict[str, Any]
    unset_fields: tuple[str, ...] = ()

    def apply(self, letter: Letter) -> dict[str, Any] | None:
        """Return the reading to post, None when the payload is no JSON object and there is nothing to repair.

        A payload without an id gets one made of where the message came from, so that a replay that is repeated posts
        the same reading.
        """
        fields = json_object(letter.content.payload)
        if fields is None:
            return None
        kept = {name: value for name, value in fields.items() if name not in self.unset_fields}
        repaired = {**kept, **self.set_fields}
        if repaired.get("reading_id") is None:
            repaired["reading_id"] = str(uuid5(NAMESPACE, letter.source))
        return repaired


def parse_repair(assignments: list[str], unset: list[str]) -> Repair:
    """Read `--set name=value`: the value is JSON, or the text itself. Raises ValueError for one without `=`."""
    fields: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"{assignment!r} sets nothing: write name=value, for example unit=Celsius")
        if name.strip() in fields:
            raise ValueError(f"{assignment!r} sets {name.strip()} a second time; leave one of them")
        try:
            fields[name.strip()] = json.loads(text)
        except (ValueError, RecursionError):
            fields[name.strip()] = text
    return Repair(fields, tuple(unset))


def letters(
    bootstrap: str, matches: Predicate, start: StartingPoint | None = None, limit: int | None = None
) -> list[Letter]:
    """Return the dead letters that match, from `start` on (the oldest that is kept). Raises IotctlError."""
    return asyncio.run(_letters(bootstrap, matches, start or Beginning(), limit))


async def _letters(bootstrap: str, matches: Predicate, start: StartingPoint, limit: int | None) -> list[Letter]:
    found: list[Letter] = []
    async with (
        kafka_errors("dlq", bootstrap),
        consumer_of(bootstrap, IOT_DLQ.name, start) as consumer,
        aclosing(read_to_end(consumer)) as pieces,
    ):
        async for messages in pieces:
            read = (Letter(message.offset, _decode(message.payload, message.time)) for message in messages)
            found += [letter for letter in read if matches(letter.names())]
            if limit is not None and len(found) >= limit:
                break
    return found[:limit]


def _decode(payload: bytes, time: datetime) -> DeadLetter:
    """Return the letter; what is none on this topic is shown as one, so that it is not overlooked."""
    letter = _letters_of_the_contract.decode(payload)
    if not isinstance(letter, Refusal):
        return letter
    return DeadLetter(
        reason=DeadLetterReason.NOT_JSON,
        detail=f"on the topic of dead letters, but is none: {letter.detail}",
        payload=payload,
        source_topic=IOT_DLQ.name,
        source_partition=0,
        source_offset=0,
        failed_at=time,
    )
