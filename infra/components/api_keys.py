"""API keys: made here, kept on the compacted topic `iot-api-keys`, hashes only."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from iot_contracts.api_keys import TOKEN_PREFIX, ApiKey, RateLimit
from iot_contracts.topics import IOT_API_KEYS
from iot_domain.decoding import MessageDecoder, Refusal
from service_kit.kafka_headers import read_any_header_names
from stack.errors import IotctlError

TIMEOUT_S = 10
TIMEOUT_MS = TIMEOUT_S * 1000
SECRET_BYTES = 32
KEY_ID_BYTES = 8
T = TypeVar("T")
_keys = MessageDecoder(ApiKey)


def new_key(name: str, scopes: tuple[str, ...], limit: RateLimit | None, now: datetime) -> tuple[ApiKey, str]:
    """Make a key and its token. Raises IotctlError when the contract has no such key."""
    key_id, secret = secrets.token_hex(KEY_ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    fields = {
        "key_id": key_id,
        "name": name,
        "secret_sha256": hashlib.sha256(secret.encode()).hexdigest(),
        "scopes": tuple(dict.fromkeys(scopes)),
        "rate_limit": limit,
        "created_at": now,
    }
    try:
        key = msgspec.convert(msgspec.to_builtins(fields), ApiKey)
    except msgspec.ValidationError as error:
        raise IotctlError("keys", str(error), "iotctl keys create --help") from error
    return key, f"{TOKEN_PREFIX}_{key_id}_{secret}"


@dataclass(frozen=True)
class KeysTopic:
    """The topic at one broker."""

    bootstrap_servers: str

    def put(self, key: ApiKey) -> None:
        """Write a key; returns once Kafka has it. Raises IotctlError."""
        self._run(self._put(key))

    def read(self) -> list[ApiKey]:
        """Read every key as it is now. Raises IotctlError."""
        return self._run(self._read())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return asyncio.run(asyncio.wait_for(work, TIMEOUT_S))
        except (KafkaError, OSError, TimeoutError) as error:
            why = f"topic {IOT_API_KEYS.name} at {self.bootstrap_servers} does not answer: {error!r}"
            raise IotctlError("keys", why, "make up (or make status, to see what runs)") from error

    async def _put(self, key: ApiKey) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap_servers, acks="all", enable_idempotence=True, request_timeout_ms=TIMEOUT_MS
        )
        try:
            await producer.start()
            await producer.send_and_wait(IOT_API_KEYS.name, msgspec.json.encode(key), key.key_id.encode())
        finally:
            await producer.stop()

    async def _read(self) -> list[ApiKey]:
        """What is no key is nobody's: ingest-api refuses it too, and logs it."""
        read_any_header_names()
        consumer: AIOKafkaConsumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap_servers, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        keys: dict[bytes, bytes | None] = {}
        try:
            await consumer.start()
            partitions = [TopicPartition(IOT_API_KEYS.name, number) for number in range(IOT_API_KEYS.partitions)]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            for partition in partitions:
                while await consumer.position(partition) < ends[partition]:
                    for batch in (await consumer.getmany(partition, timeout_ms=TIMEOUT_MS)).values():
                        keys |= {record.key: record.value for record in batch}
        finally:
            await consumer.stop()
        decoded = [_keys.decode(message) for message in keys.values() if message is not None]
        return [key for key in decoded if not isinstance(key, Refusal)]
