"""The stream processor: each reading once, alerts by its own judgement, dead letters for the rest."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from httpx import AsyncClient

from iot_contracts.alerts import AlertTransition, RuleKind
from iot_contracts.commits import Commit
from iot_contracts.dead_letters import DeadLetter, DeadLetterReason
from iot_contracts.topics import IOT_ALERTS, IOT_COMMITS, IOT_DLQ, IOT_SENSORS, IOT_WINDOW_STATS
from iot_contracts.window_stats import WindowStats
from service_kit.testing import wait_until
from support.questions import NotAnsweredError, stats_of
from support.readings import a_reading, a_sensor
from support.stack import Stack
from support.topic_watch import watch

pytestmark = pytest.mark.timeout(180)
NEXT_BATCH_S = 30


async def post(stack: Stack, http: AsyncClient, *readings: dict[str, object]) -> None:
    answer = await http.post(f"{stack.url('ingest-api')}/v1/readings", json=list(readings))
    assert answer.status_code == 202, answer.text


async def in_the_table(stack: Stack, http: AsyncClient, sensor_id: str, count: int) -> dict[str, object]:
    last: dict[str, object] = {}

    async def stored() -> bool:
        try:
            last.update(await stats_of(http, stack.url("query-api"), sensor_id, source="table"))
        except NotAnsweredError:
            return False
        return last["count"] == count

    await wait_until(stored, deadline_s=NEXT_BATCH_S, otherwise=f"the table does not hold {count}: {last}")
    return last


async def test_a_reading_sent_again_after_it_was_stored_counts_once(stack: Stack, http: AsyncClient) -> None:
    sensor_id = a_sensor("again")
    reading = a_reading(sensor_id)
    await post(stack, http, reading)
    await in_the_table(stack, http, sensor_id, 1)
    await post(stack, http, reading, a_reading(sensor_id))
    await in_the_table(stack, http, sensor_id, 2)
    total = await stats_of(http, stack.url("query-api"), sensor_id)
    assert total["count"] == 2


async def test_an_anomaly_is_found_by_its_value_and_not_by_its_label(stack: Stack, http: AsyncClient) -> None:
    labelled, strange = a_sensor("labelled"), a_sensor("strange")
    async with watch(stack.kafka, IOT_ALERTS) as alerts:
        await post(
            stack,
            http,
            a_reading(labelled, 21.5, is_anomaly=True),
            a_reading(strange, 99.0, is_anomaly=False),
        )
        alert = await alerts.first(AlertTransition, lambda alert: alert.sensor_id == strange, deadline_s=NEXT_BATCH_S)
        assert (alert.kind, alert.value) == (RuleKind.THRESHOLD, 99.0)
        seen = [json.loads(record.value or b"{}")["sensor_id"] for record in alerts.records]
    assert labelled not in seen
    assert (await in_the_table(stack, http, labelled, 1))["anomalies"] == 0
    assert (await in_the_table(stack, http, strange, 1))["anomalies"] == 1


async def test_a_battery_under_30_percent_raises_an_alert(stack: Stack, http: AsyncClient) -> None:
    sensor_id = a_sensor("battery")
    async with watch(stack.kafka, IOT_ALERTS) as alerts:
        await post(stack, http, a_reading(sensor_id, battery_level=29.9))
        alert = await alerts.first(AlertTransition, lambda alert: alert.sensor_id == sensor_id, deadline_s=NEXT_BATCH_S)
    assert (alert.kind, alert.value) == (RuleKind.BATTERY, 29.9)


async def test_an_invalid_message_becomes_a_dead_letter_byte_for_byte(stack: Stack, http: AsyncClient) -> None:
    sensor_id = a_sensor("after_rubbish")
    missing = a_reading(sensor_id)
    del missing["value"]
    rubbish = {
        DeadLetterReason.NOT_JSON: b"\x00{not json",
        DeadLetterReason.MISSING_FIELD: json.dumps(missing).encode(),
        DeadLetterReason.INVALID_FIELD: json.dumps(a_reading(sensor_id, battery_level=101.0)).encode(),
    }
    async with (
        watch(stack.kafka, IOT_DLQ) as letters,
        AIOKafkaProducer(bootstrap_servers=stack.kafka) as producer,
    ):
        for reason, payload in rubbish.items():
            sent = await producer.send_and_wait(IOT_SENSORS.name, payload, partition=0)
            letter = await letters.first(
                DeadLetter,
                lambda letter, offset=sent.offset: letter.source_offset == offset,  # type: ignore[misc]
                deadline_s=NEXT_BATCH_S,
            )
            assert (letter.reason, letter.payload) == (reason, payload)
            assert letter.detail
    await post(stack, http, a_reading(sensor_id))
    await in_the_table(stack, http, sensor_id, 1)


async def test_a_commit_is_announced_with_the_offsets_that_stand_in_the_snapshot(
    stack: Stack, http: AsyncClient
) -> None:
    async with watch(stack.kafka, IOT_COMMITS) as commits:
        await post(stack, http, a_reading(a_sensor("committed")))
        commit = await commits.first(Commit, lambda commit: commit.table == "iot.readings", deadline_s=NEXT_BATCH_S)

    async def held() -> bool:
        snapshot = (await http.get(f"{stack.url('query-api')}/v1/stats")).json()["snapshot"]
        return snapshot is not None and all(
            snapshot["offsets"][partition] >= offset for partition, offset in commit.offsets.items()
        )

    await wait_until(held, deadline_s=NEXT_BATCH_S, otherwise="query-api did not take the snapshot over")
    assert set(commit.offsets) == {"0", "1", "2"}


async def test_windows_are_sent_and_kept(stack: Stack, http: AsyncClient) -> None:
    location = a_sensor("room")
    sensor_id = a_sensor("windowed")
    async with watch(stack.kafka, IOT_WINDOW_STATS) as windows:
        await post(
            stack,
            http,
            *(a_reading(sensor_id, value, location=location) for value in (20.0, 22.0, 99.0)),
        )
        window = await windows.first(
            WindowStats,
            lambda window: window.location == location and window.count == 3,
            deadline_s=NEXT_BATCH_S,
        )
    assert (window.min, window.max, window.anomaly_count) == (20.0, 99.0, 1)
    assert (window.window_end - window.window_start).total_seconds() == 60
    await in_the_table(stack, http, sensor_id, 3)
    derived = await http.post(f"{stack.url('stream-processor')}/v1/derive", timeout=90)
    assert derived.status_code == 200, derived.text
    kept = stack.scan("iot.window_stats", where=f"location = '{location}'")
    assert {(row["count"], row["min"], row["max"], row["anomaly_count"]) for row in kept} >= {(3, 20.0, 99.0, 1)}
    anomalies = stack.scan("iot.anomalies", "value", where=f"sensor_id = '{sensor_id}'")
    assert [row["value"] for row in anomalies] == [99.0]


async def test_a_rollup_serves_what_was_derived_and_readings_the_rest(stack: Stack, http: AsyncClient) -> None:
    location, hour_ago = a_sensor("room"), datetime.now(UTC) - timedelta(hours=2)
    sensor_id = a_sensor("rolled")
    readings = [
        a_reading(sensor_id, value, location=location, timestamp=(hour_ago + timedelta(seconds=number)).isoformat())
        for number, value in enumerate((20.0, 21.0, 25.0))
    ]
    await post(stack, http, *readings[:2])
    await in_the_table(stack, http, sensor_id, 2)
    derived = await http.post(f"{stack.url('stream-processor')}/v1/derive", timeout=90)
    assert derived.status_code == 200, derived.text
    hours = stack.scan("iot.readings_1h", where=f"sensor_id = '{sensor_id}'")
    assert sum(row["readings"] for row in hours) == 2
    await post(stack, http, readings[2])

    async def answered_by_the_rollup() -> bool:
        answer = await http.get(f"{stack.url('query-api')}/v1/stats", params={"location": location})
        content = answer.json()
        [row] = content["rows"]
        assert row["count"] == 3
        assert (row["mean"], row["min"], row["max"]) == (22.0, 20.0, 25.0)
        assert abs(row["stddev"] - 7**0.5) < 1e-12
        return [layer["table"] for layer in content["plan"]] == ["readings_1h", "readings"]

    await in_the_table(stack, http, sensor_id, 3)
    await wait_until(answered_by_the_rollup, deadline_s=60, otherwise="the rollup was not taken over")


async def test_a_client_reads_its_own_writes(stack: Stack, http: AsyncClient) -> None:
    sensors = [a_sensor("own") for _ in range(6)]
    for count in range(1, 6):
        posted = await http.post(
            f"{stack.url('ingest-api')}/v1/readings", json=[a_reading(sensor, float(count)) for sensor in sensors]
        )
        asked = {"sensor_id": sensors, "after": posted.json()["position"]}
        answer = await http.get(f"{stack.url('query-api')}/v1/stats", params=asked)
        assert answer.json()["rows"][0]["count"] == count * len(sensors)
    line = f"temperature,sensor_id={sensors[0]},location=Port,unit=Celsius value=21.5"
    written = await http.post(f"{stack.url('ingest-api')}/api/v2/write", content=line)
    assert written.status_code == 204, written.text
    asked = {"sensor_id": sensors[0], "after": written.headers["iot-position"]}
    answer = await http.get(f"{stack.url('query-api')}/v1/stats", params=asked)
    assert answer.json()["rows"][0]["count"] == 6
    never = await http.get(f"{stack.url('query-api')}/v1/stats", params={"after": "0:999999999"})
    assert (never.status_code, never.headers["retry-after"]) == (503, "1")
    assert (await http.get(f"{stack.url('query-api')}/v1/stats", params={"after": "0:x"})).status_code == 422
