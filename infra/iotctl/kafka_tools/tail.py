"""`iotctl tail`: prints a topic's messages as they come."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import sys
from contextlib import aclosing
from dataclasses import dataclass

from aiokafka import TopicPartition

from iotctl.kafka_tools.messages import Message
from iotctl.kafka_tools.predicate import Predicate
from iotctl.kafka_tools.reading_topics import consumer_of, kafka_errors, read_on, read_to_end
from iotctl.kafka_tools.starting_point import Beginning, Latest, StartingPoint
from stack.errors import IotctlError


@dataclass(frozen=True)
class Tail:
    """What to print of a topic."""

    topic: str
    start: StartingPoint
    matches: Predicate
    group: str | None = None
    limit: int | None = None
    as_json: bool = False
    follow: bool = True


def tail(bootstrap: str, wanted: Tail) -> None:
    """Print until the limit, the end, Ctrl-C or SIGTERM. Raises IotctlError.

    A group's offsets are committed after its messages were printed: what was not printed comes again.
    """
    if wanted.group and not isinstance(wanted.start, Beginning | Latest):
        remedy = "say --from beginning or latest (for a group's first time), or leave out --group"
        raise IotctlError("tail", "a group goes on where it stopped", remedy)
    if wanted.group and not wanted.follow:
        raise IotctlError(
            "tail", "--no-follow needs to know the partitions, a group is given them", "leave out --group"
        )
    asyncio.run(_until_interrupted(bootstrap, wanted))


async def _until_interrupted(bootstrap: str, wanted: Tail) -> None:
    work = asyncio.ensure_future(_print_all(bootstrap, wanted))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        return
    except BrokenPipeError:
        # Whoever read what was printed has gone (`| head`): not to be told of again when Python flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _print_all(bootstrap: str, wanted: Tail) -> None:
    left = wanted.limit
    async with (
        kafka_errors("tail", bootstrap),
        consumer_of(bootstrap, wanted.topic, wanted.start, wanted.group) as consumer,
        aclosing(read_on(consumer) if wanted.follow else read_to_end(consumer)) as pieces,
    ):
        async for messages in pieces:
            done: dict[TopicPartition, int] = {}
            for message in messages:
                if left == 0:
                    break
                done[TopicPartition(message.topic, message.partition)] = message.offset + 1
                if wanted.matches(message.names()):
                    print(_shown(message, wanted.as_json), flush=True)
                    left = None if left is None else left - 1
            if wanted.group and done:
                await consumer.commit(done)
            if left == 0 or _reader_is_gone():
                return


def _reader_is_gone() -> bool:
    """Tell whether nobody reads what is printed any more, though there may be nothing to print for long."""
    output = select.poll()
    output.register(sys.stdout.fileno(), 0)
    return any(event & select.POLLERR for _, event in output.poll(0))


def _shown(message: Message, as_json: bool) -> str:
    return json.dumps(message.as_json()) if as_json else message.line()
