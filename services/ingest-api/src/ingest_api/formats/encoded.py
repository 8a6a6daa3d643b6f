"""Readings with the bytes that Kafka gets of them. Pure."""

from collections.abc import Sequence
from typing import Self, cast

import msgspec

from iot_contracts.readings import Reading, SubmittedReading

encode = msgspec.json.Encoder().encode


class EncodedReadings(list[Reading]):
    """Readings that are encoded already: `messages` has the message of each."""

    __slots__ = ("messages",)

    def __init__(self, readings: Sequence[Reading], messages: list[bytes]) -> None:
        super().__init__(readings)
        self.messages = messages

    @classmethod
    def if_canonical(
        cls, text: bytes, readings: Sequence[SubmittedReading], begin: bytes, between: bytes, end: bytes
    ) -> Self | None:
        """`readings`, decoded from `text`, when their messages put together are that text again; None otherwise.

        Then no field was there twice and no time was rounded, and the messages are not made again. Our own clients
        write so; whether another one does, its first reading tells.
        """
        if not readings or not isinstance(readings[0], Reading) or not text.startswith(encode(readings[0]), len(begin)):
            return None
        messages = list(map(encode, readings))
        if begin + between.join(messages) + end != text:
            return None
        return cls(cast("Sequence[Reading]", readings), messages)


def messages_of(readings: Sequence[Reading]) -> Sequence[bytes]:
    """The message of each reading."""
    return readings.messages if isinstance(readings, EncodedReadings) else list(map(encode, readings))
