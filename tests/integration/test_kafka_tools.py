"""The Kafka tools as an operator runs them: the real command against the real stack."""

import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from httpx import AsyncClient

from iot_contracts.dead_letters import DeadLetter, DeadLetterReason
from iot_contracts.topics import IOT_DLQ, IOT_SENSORS
from service_kit.testing import wait_until
from support.readings import a_reading, a_sensor
from support.stack import PROJECT, Stack

pytestmark = pytest.mark.timeout(120)


def command(*arguments: str | Path) -> list[str | Path]:
    return [PROJECT / ".local/bin/iotctl", *arguments]


def environment(stack: Stack) -> dict[str, str]:
    own = {"PORT_OFFSET": str(stack.port_offset), "STATE_DIR": str(stack.state_dir)}
    return {key: value for key, value in os.environ.items() if key not in ("FILTER", "FROM", "TOPIC")} | own


def iotctl(
    stack: Stack, *arguments: str | Path, given: str | None = None, expected: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(*arguments),
        env=environment(stack),
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == expected, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def start_tail(stack: Stack, topic: str, printed: Path) -> subprocess.Popen[bytes]:
    with printed.open("w") as output:
        return subprocess.Popen(
            command("tail", topic, "--from", "beginning"),
            env=environment(stack),
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
async def own_topic(stack: Stack) -> AsyncIterator[str]:
    name = a_sensor("topic").lower()
    iotctl(stack, "topics", "create", name, "--partitions", "2", "--config", "retention.ms=3600000")
    yield name
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    await admin.delete_topics([name])
    await admin.close()


async def produce(stack: Stack, topic: str, *messages: dict[str, Any], partition: int = 0) -> None:
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka) as producer:
        for message in messages:
            await producer.send_and_wait(topic, json.dumps(message).encode(), partition=partition)


async def test_topics_are_listed_described_and_made(stack: Stack, own_topic: str) -> None:
    listed = iotctl(stack, "topics", "list").stdout
    assert all(name in listed for name in (IOT_SENSORS.name, IOT_DLQ.name, own_topic))
    described = iotctl(stack, "topics", "describe", IOT_SENSORS.name).stdout
    assert all(word in described for word in ("LogAppendTime", "Reading", "sensor_id", "stream-processor"))
    await produce(stack, own_topic, {"n": 1}, partition=1)
    assert "3600000" in iotctl(stack, "topics", "describe", own_topic).stdout
    assert "all there" in iotctl(stack, "topics", "create").stdout
    assert own_topic in iotctl(stack, "topics", "create", own_topic, expected=1).stderr
    assert IOT_SENSORS.name in iotctl(stack, "topics", "describe", "no-such", expected=1).stderr


async def test_tail_prints_matches_from_the_given_position(stack: Stack, own_topic: str) -> None:
    await produce(stack, own_topic, *({"value": n, "sensor_type": "light"} for n in range(10)))
    await produce(stack, own_topic, {"value": 99}, partition=1)
    tail = ("tail", own_topic, "--json", "--no-follow")
    everything = rows(iotctl(stack, *tail, "--from", "beginning"))
    assert sorted(row["message"]["value"] for row in everything) == [*range(10), 99]
    assert {row["partition"] for row in everything} == {0, 1}
    chosen = rows(iotctl(stack, *tail, "--from", "beginning", "--filter", 'value > 6 and sensor_type == "light"'))
    assert [row["message"]["value"] for row in chosen] == [7, 8, 9]
    assert [row["offset"] for row in rows(iotctl(stack, *tail, "--from", "8"))] == [8, 9]
    assert rows(iotctl(stack, *tail, "--from", "latest")) == []
    since = min(row["time"] for row in everything)
    assert len(rows(iotctl(stack, *tail, "--from", since))) == 11
    assert rows(iotctl(stack, *tail, "--from", "2099-01-01T00:00:00Z")) == []
    limited = iotctl(
        stack, "tail", own_topic, "--from", "beginning", "--filter", "value in (8, 9)", "--limit", "2"
    ).stdout
    assert [line.split()[:3] for line in limited.splitlines()] == [[own_topic, "0", "8"], [own_topic, "0", "9"]]


async def test_a_group_goes_on_after_what_was_printed(stack: Stack, own_topic: str) -> None:
    await produce(stack, own_topic, *({"value": n} for n in range(6)))
    tail = ("tail", own_topic, "--json", "--group", a_sensor("group"), "--from", "beginning")
    seen = [rows(iotctl(stack, *tail, "--limit", "3")) for _ in range(2)]
    assert [[row["message"]["value"] for row in part] for part in seen] == [[0, 1, 2], [3, 4, 5]]


async def test_tail_follows_until_it_is_interrupted_and_then_ends_quietly(
    stack: Stack, own_topic: str, tmp_path: Path
) -> None:
    printed = tmp_path / "printed"
    await produce(stack, own_topic, {"value": 0})
    tail = start_tail(stack, own_topic, printed)
    try:
        await wait_until(lambda: '{"value": 0}' in printed.read_text(), deadline_s=30, otherwise="nothing was printed")
        await produce(stack, own_topic, {"value": 1}, partition=1)
        await wait_until(lambda: '{"value": 1}' in printed.read_text(), deadline_s=30, otherwise="it did not follow")
        tail.send_signal(signal.SIGINT)
        assert tail.wait(timeout=20) == 0
    finally:
        tail.kill()
        tail.wait()
    assert len(printed.read_text().splitlines()) == 2


def test_a_wrong_filter_is_reported_with_its_position(stack: Stack) -> None:
    output = iotctl(stack, "tail", IOT_SENSORS.name, "--filter", "value > 30 and os.system('true')", expected=1).stderr
    assert "at character 16" in output
    assert "for example" in output


async def test_a_file_sent_twice_has_the_same_ids_both_times(stack: Stack, tmp_path: Path) -> None:
    sensor_id = a_sensor("sent")
    good = [a_reading(sensor_id, value=float(number)) for number in range(5)]
    for reading in good[:3]:
        del reading["reading_id"]
    file = tmp_path / "readings.ndjson"
    file.write_text("\n".join(map(json.dumps, [*good, a_reading(sensor_id, value="warm")])) + "\nbroken\n")
    for _ in range(2):
        output = iotctl(stack, "send", file, expected=1).stdout
        assert "5 accepted, 2 rejected" in output
        assert "line 6: /value" in output
        assert "line 7: is not JSON" in output
    output = iotctl(stack, "send", "-", given=json.dumps(good[3:])).stdout
    assert "2 accepted, 0 rejected" in output
    tail = ("tail", IOT_SENSORS.name, "--json", "--no-follow", "--from", "beginning")
    stored = [row["message"] for row in rows(iotctl(stack, *tail, "--filter", f'sensor_id == "{sensor_id}"'))]
    assert [reading["value"] for reading in stored] == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 3, 4]
    assert len({reading["reading_id"] for reading in stored}) == 5


async def test_dead_letters_are_listed_shown_repaired_and_replayed(stack: Stack, http: AsyncClient) -> None:
    sensor_id = a_sensor("dead")
    broken = a_reading(sensor_id, value="21.5")
    del broken["reading_id"]
    offsets = []
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka) as producer:
        for number, payload in enumerate((json.dumps(broken).encode(), b"\xff" + sensor_id.encode())):
            letter = DeadLetter(
                reason=DeadLetterReason.INVALID_FIELD if number == 0 else DeadLetterReason.NOT_JSON,
                detail=f"of {sensor_id}",
                payload=payload,
                source_topic=IOT_SENSORS.name,
                source_partition=0,
                source_offset=number,
                failed_at=datetime.now(UTC),
            )
            offsets.append((await producer.send_and_wait(IOT_DLQ.name, msgspec.json.encode(letter))).offset)
    ours = f'detail == "of {sensor_id}"'
    listed = iotctl(stack, "dlq", "list", "--filter", ours).stdout
    assert f"{offsets[0]}  " in listed
    assert "2 dead letters" in listed
    assert '"value": "21.5"' in iotctl(stack, "dlq", "show", str(offsets[0])).stdout
    assert json.loads(iotctl(stack, "dlq", "show", str(offsets[0]), "--payload").stdout) == broken
    assert "null" in iotctl(stack, "dlq", "replay", "--filter", ours, "--dry-run").stdout

    unchanged = iotctl(stack, "dlq", "replay", "--filter", ours, expected=1).stdout
    assert "0 accepted, 1 rejected, 1 skipped" in unchanged
    assert "/value" in unchanged
    repair = ("dlq", "replay", "--filter", f'{ours} and reason == "invalid_field"', "--set", "value=21.5")
    output = [iotctl(stack, *repair).stdout for _ in range(2)]
    assert output[0] == output[1]
    assert "1 accepted, 0 rejected, 0 skipped" in output[0]
    tail = ("tail", IOT_SENSORS.name, "--json", "--no-follow", "--from", "beginning")
    stored = [row["message"] for row in rows(iotctl(stack, *tail, "--filter", f'sensor_id == "{sensor_id}"'))]
    assert [reading["value"] for reading in stored] == [21.5, 21.5]
    assert len({reading["reading_id"] for reading in stored}) == 1
