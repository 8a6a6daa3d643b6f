"""What a foreign producer writes to `iot-sensors`: bad messages are dead letters, and everything else goes on."""

import asyncio
import json

import httpx
import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from websockets.asyncio.client import connect

from iot_contracts.dead_letters import MAX_PAYLOAD_BYTES, DeadLetter
from iot_contracts.live_frames import LeftOutFrame, LiveFrame, ReadingsFrame
from iot_contracts.topics import IOT_DLQ, IOT_SENSORS
from service_kit.testing import wait_until
from support.questions import stats_of
from support.readings import a_reading, a_sensor
from support.stack import Stack
from support.topic_watch import watch

pytestmark = pytest.mark.timeout(180)
NEXT_BATCH_S = 60


def poison(sensor_id: str) -> list[bytes]:
    """Messages that have stopped some parser, each in one that is otherwise a reading or alone."""
    whole = json.dumps(a_reading(sensor_id)).encode()
    arrays = [b"[" * depth + b"]" * depth for depth in (998, 5000, 100_000)]
    return [
        *arrays,
        *(whole.replace(b'"Tangier-Centre"', nested) for nested in arrays),
        *(whole[:-1] + b',"x":' + nested + b"}" for nested in arrays),
        whole.replace(b'"value": 21.5', b'"value": 1.7e308'),
        whole.replace(b'"value": 21.5', b'"value": ' + b"9" * 5000),
        whole.replace(sensor_id.encode(), sensor_id.encode() + b"\\n"),
        whole[:-1] + b',"x":"\xff"}',
        b"x" * 1_000_000,
        b"",
    ]


async def test_an_invalid_message_is_left_out_alone_and_counted(stack: Stack, http: httpx.AsyncClient) -> None:
    sensor_id, query_api = a_sensor("neighbour"), stack.url("query-api")
    bad = poison(sensor_id)
    good = [json.dumps(a_reading(sensor_id, float(number))).encode() for number in range(len(bad))]
    refused_before = (await http.get(f"{query_api}/v1/status")).json()["refused"]
    received: list[LiveFrame] = []
    async with (
        connect(stack.url("dashboard").replace("http", "ws") + "/ws/live", max_size=None) as socket,
        watch(stack.kafka, IOT_DLQ) as letters,
        AIOKafkaProducer(bootstrap_servers=stack.kafka) as producer,
    ):
        offsets = set()
        for rubbish, reading in zip(bad, good, strict=True):
            offsets.add((await producer.send_and_wait(IOT_SENSORS.name, rubbish, partition=0)).offset)
            await producer.send_and_wait(IOT_SENSORS.name, reading, key=sensor_id.encode(), partition=0)

        async def all_held() -> bool:
            return bool((await stats_of(http, query_api, sensor_id))["count"] == len(good))

        await wait_until(all_held, deadline_s=5, otherwise="query-api does not hold the neighbours")
        status = (await http.get(f"{query_api}/v1/status")).json()
        assert status["caught_up"]
        assert status["refused"] == refused_before + len(bad)

        async def all_shown() -> bool:
            received.append(msgspec.json.decode(await asyncio.wait_for(socket.recv(), 5), type=LiveFrame))
            frames = [frame for frame in received if isinstance(frame, ReadingsFrame)]
            shown = [reading for frame in frames for reading in frame.readings if reading.sensor_id == sensor_id]
            left_out = sum(frame.messages for frame in received if isinstance(frame, LeftOutFrame))
            return len(shown) == len(good) and left_out == len(bad)

        await wait_until(all_shown, deadline_s=10, otherwise="the page lacks neighbours, or got no count of the rest")

        async def all_stored() -> bool:
            await letters.poll()
            return bool((await stats_of(http, query_api, sensor_id, source="table"))["count"] == len(good))

        await wait_until(all_stored, deadline_s=NEXT_BATCH_S, otherwise="the table lacks neighbours")

        async def all_letters() -> dict[int, bytes] | None:
            await letters.poll()
            found = [msgspec.json.decode(record.value or b"", type=DeadLetter) for record in letters.records]
            payloads = {letter.source_offset: letter.payload for letter in found if letter.source_partition == 0}
            return payloads if offsets <= payloads.keys() else None

        payloads = await wait_until(all_letters, deadline_s=NEXT_BATCH_S, otherwise="not all are dead letters")
    assert [payloads[offset] for offset in sorted(offsets)] == [rubbish[:MAX_PAYLOAD_BYTES] for rubbish in bad]
    assert (await stats_of(http, query_api, sensor_id))["count"] == len(good)
    await assert_rejected(stack, http, {offset: payloads[offset] for offset in offsets})


async def assert_rejected(stack: Stack, http: httpx.AsyncClient, payloads: dict[int, bytes]) -> None:
    """The table of dead letters has these of partition 0, once, also when it is brought up to date again."""
    for _ in range(2):
        (await http.post(f"{stack.url('stream-processor')}/v1/derive", timeout=60)).raise_for_status()
        where = f"source_partition = 0 AND source_offset >= {min(payloads)} AND source_offset <= {max(payloads)}"
        rows = stack.scan("iot.rejected", "source_offset", "payload", where=where)
        assert sorted(row["source_offset"] for row in rows) == sorted(payloads)
        assert {row["source_offset"]: row["payload"] for row in rows} == {
            offset: str(payload) for offset, payload in payloads.items()
        }


async def test_services_become_ready_despite_a_foreign_transaction(stack: Stack, http: httpx.AsyncClient) -> None:
    sensor_id = a_sensor("transaction")
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka, transactional_id=sensor_id) as producer:
        for partition in range(IOT_SENSORS.partitions):
            async with producer.transaction():
                value = json.dumps(a_reading(sensor_id)).encode()
                await producer.send_and_wait(IOT_SENSORS.name, value, key=sensor_id.encode(), partition=partition)
    killed = stack.kill9("query-api")
    await wait_until(lambda: stack.pid("query-api") != killed, deadline_s=60, otherwise="query-api stays away")

    async def caught_up() -> bool:
        try:
            status = (await http.get(f"{stack.url('query-api')}/v1/status")).json()
        except httpx.TransportError:
            return False
        return bool(status["caught_up"] and status["lag"] == 0)

    await wait_until(caught_up, deadline_s=60, otherwise="query-api waits for what is no message")
