"""One reading_id used by two sensors is two readings: tail, table, windows, alerts, after a restart."""

import httpx
import msgspec
import pytest

from iot_contracts.alerts import AlertTransition
from iot_contracts.topics import IOT_ALERTS, IOT_WINDOW_STATS
from iot_contracts.window_stats import WindowStats
from service_kit.testing import wait_until
from support.questions import NotAnsweredError, stats_of
from support.readings import a_reading, a_sensor
from support.stack import Stack
from support.topic_watch import watch

pytestmark = pytest.mark.timeout(240)
NEXT_BATCH_S = 60


async def counts(stack: Stack, http: httpx.AsyncClient, sensors: list[str], source: str) -> list[int]:
    """The count of each sensor; empty while query-api gives no answer."""
    try:
        rows = [await stats_of(http, stack.url("query-api"), sensor, source=source) for sensor in sensors]
    except NotAnsweredError:
        return []
    return [row["count"] for row in rows]


async def test_one_reading_id_of_two_sensors_counts_for_both(stack: Stack, http: httpx.AsyncClient) -> None:
    sensors, location = [a_sensor("twin") for _ in range(6)], a_sensor("room")
    first = a_reading(sensors[0], 99.0, location=location)
    readings = [first | {"sensor_id": sensor} for sensor in sensors]
    once_each = [1] * len(sensors)

    async def counted(source: str) -> bool:
        return await counts(stack, http, sensors, source) == once_each

    async with watch(stack.kafka, IOT_ALERTS) as alerts, watch(stack.kafka, IOT_WINDOW_STATS) as windows:
        answer = await http.post(f"{stack.url('ingest-api')}/v1/readings", json=[*readings, *readings])
        assert answer.status_code == 202, answer.text
        await wait_until(lambda: counted("all"), deadline_s=10, otherwise="the tail does not count all of them once")
        await wait_until(lambda: counted("table"), deadline_s=NEXT_BATCH_S, otherwise="the table does not")
        assert await counts(stack, http, sensors, "all") == once_each
        await windows.first(
            WindowStats,
            lambda window: (window.location, window.count) == (location, len(sensors)),
            deadline_s=NEXT_BATCH_S,
        )

        async def all_raised() -> bool:
            await alerts.poll()
            raised = [msgspec.json.decode(record.value or b"", type=AlertTransition) for record in alerts.records]
            return {alert.sensor_id for alert in raised} >= set(sensors) and len(
                {one.alert_id for one in raised if (one.location, one.rule_id) == (location, "abnormal-value")}
            ) == len(sensors)

        await wait_until(all_raised, deadline_s=NEXT_BATCH_S, otherwise="not every sensor has an alert of its own")
    killed = stack.kill9("query-api")
    await wait_until(lambda: stack.pid("query-api") != killed, deadline_s=60, otherwise="query-api stays away")
    await wait_until(lambda: counted("all"), deadline_s=60, otherwise="a restart changed the counts")
    answer = await http.post(f"{stack.url('ingest-api')}/v1/readings", json=readings)
    assert answer.status_code == 202, answer.text
    assert await counts(stack, http, sensors, "all") == once_each
