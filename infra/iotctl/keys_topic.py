"""The API keys on Kafka: reads and writes topic `iot-api-keys`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from iot_contracts.api_keys import ApiKey
from iot_contracts.topics import IOT_API_KEYS
from iot_domain.decoding import MessageDecoder, Refusal
from iotctl.errors import IotctlError
from iotctl.stack import load
from service_kit.kafka_headers import read_any_header_names

TIMEOUT_S = 10
TIMEOUT_MS = TIMEOUT_S * 1000
T = TypeVar("T")
_keys = MessageDecoder(ApiKey)


@dataclass(frozen=True)
class KeysTopic:
    """The topic at one broker."""

    bootstrap_servers: str

    @classmethod
    def of_this_stack(cls) -> KeysTopic:
        """Return the topic of the stack that `.env` and the environment describe."""
        settings = load().settings
        return cls(f"{settings.connect_host}:{settings.port('KAFKA')}")

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
