"""The current state of a topic's log: identity, starts, ends and epochs. Each request opens a connection."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from service_kit import kafka_wire as wire

T = TypeVar("T")


class LogUnavailableError(Exception):
    """No broker answered in time."""


@dataclass(frozen=True)
class TopicLog:
    """A topic's log. Each mapping is by partition.

    `starts`: the oldest offset that still exists. `ends`: the offset of the next message. `epochs`: the leader's
    epoch at that end. `epoch_ends`: the end offsets of the requested epochs. `since`: the first offset at or after
    the requested time, the end when there is none.
    """

    topic_id: str
    starts: Mapping[int, int]
    ends: Mapping[int, int]
    epochs: Mapping[int, int]
    epoch_ends: Mapping[int, int] = field(default_factory=dict)
    since: Mapping[int, int] = field(default_factory=dict)


async def read_log(
    bootstrap_servers: str,
    topic: str,
    *,
    timeout_s: float,
    epochs: Mapping[int, int] | None = None,
    since_ms: int | None = None,
) -> TopicLog | None:
    """Ask the brokers for the log of `topic`; None when there is no such topic. Raises LogUnavailableError."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _read_log(bootstrap_servers, topic, epochs or {}, since_ms)
    except (OSError, EOFError, ValueError, wire.WireError) as error:
        raise LogUnavailableError(f"Kafka at {bootstrap_servers} does not say what {topic} holds: {error!r}") from error


async def _read_log(servers: str, topic: str, epochs: Mapping[int, int], since_ms: int | None) -> TopicLog | None:
    metadata = await _ask_any(servers, wire.encode_metadata(topic), wire.decode_metadata)
    if metadata is None:
        return None
    starts: dict[int, wire.OffsetAt] = {}
    ends: dict[int, wire.OffsetAt] = {}
    since: dict[int, wire.OffsetAt] = {}
    epoch_ends: dict[int, int] = {}
    for leader, partitions in _by_leader(metadata).items():
        async with _Connection(*leader) as broker:

            async def offsets(
                time_ms: int, broker: _Connection = broker, partitions: Iterable[int] = partitions
            ) -> dict[int, wire.OffsetAt]:
                return await broker.ask(wire.encode_list_offsets(topic, partitions, time_ms), wire.decode_list_offsets)

            asked = {partition: epochs[partition] for partition in partitions if partition in epochs}
            if asked:
                epoch_ends |= await broker.ask(wire.encode_epoch_ends(topic, asked), wire.decode_epoch_ends)
            starts |= await offsets(wire.EARLIEST)
            if since_ms is not None:
                since |= await offsets(since_ms)
            ends |= await offsets(wire.LATEST)
    return TopicLog(
        topic_id=str(metadata.topic_id),
        starts={partition: at.offset for partition, at in starts.items()},
        ends={partition: at.offset for partition, at in ends.items()},
        epochs={partition: at.leader_epoch for partition, at in ends.items()},
        epoch_ends=epoch_ends,
        since={p: at.offset if at.offset >= 0 else ends[p].offset for p, at in since.items()},
    )


def _by_leader(metadata: wire.TopicMetadata) -> Mapping[tuple[str, int], list[int]]:
    partitions: dict[tuple[str, int], list[int]] = defaultdict(list)
    for partition, leader in metadata.leaders.items():
        partitions[leader].append(partition)
    return partitions


async def _ask_any(servers: str, request: bytes, decode: Callable[[bytes], T]) -> T:
    """Ask the first of the servers (`host:port`, separated by commas) that answers."""
    failure: OSError | EOFError | None = None
    for server in servers.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            async with _Connection(host, int(port)) as broker:
                return await broker.ask(request, decode)
        except (OSError, EOFError) as error:
            failure = error
    raise failure or OSError("no server is named")


class _Connection:
    """A connection to one broker."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    async def __aenter__(self) -> "_Connection":
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(self, request: bytes, decode: Callable[[bytes], T]) -> T:
        self._writer.write(request)
        await self._writer.drain()
        size = int.from_bytes(await self._reader.readexactly(4), signed=True)
        return decode(await self._reader.readexactly(size))
