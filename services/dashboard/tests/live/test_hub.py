"""Fan-out: every connection starts with a snapshot and gets everything after it, encoded once."""

import asyncio
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from dashboard.errors import TooManyConnectionsError
from dashboard.live.connection import Connection
from dashboard.live.encoding import EncodedFrame
from dashboard.live.hub import Hub
from dashboard.live.state import LiveState
from dashboard.metrics import Metrics
from dashboard.settings import Settings
from dashboard.stream.fanout import Fanout
from iot_contracts.alerts import AlertTransition
from iot_contracts.anomalies import Anomaly
from iot_contracts.live_frames import AlertsFrame, AnomaliesFrame, GapFrame, ReadingsFrame, SnapshotFrame, WindowsFrame
from iot_contracts.readings import Reading
from iot_contracts.window_stats import WindowStats


@pytest.fixture
def hub() -> Hub:
    state = LiveState(max_sensors=10, snapshot_readings=10, snapshot_alerts=10, remembered_ids=100)
    metrics = Metrics(CollectorRegistry())
    return Hub(
        state,
        metrics,
        Fanout(state, Settings(), metrics),
        max_connections=2,
        max_pending_readings=100,
        max_keys=10,
        send_timeout_s=5,
    )


async def send(_text: str) -> None:
    await asyncio.Event().wait()


def waiting(connection: Connection) -> list[EncodedFrame]:
    return list(connection._pending)


async def test_a_connection_starts_with_what_was_and_gets_what_comes(hub: Hub, reading: Callable[..., Reading]) -> None:
    hub.publish_readings([reading(1)])
    with hub.connection(send) as connection:
        hub.publish_readings([reading(2)])
        first, second = (encoded.frame for encoded in waiting(connection))
    assert isinstance(first, SnapshotFrame)
    assert first.readings == [reading(1)]
    assert second == ReadingsFrame(readings=[reading(2)])


async def test_a_repeated_reading_or_alert_makes_no_frame(
    hub: Hub, reading: Callable[..., Reading], alert: Callable[..., AlertTransition]
) -> None:
    hub.publish_readings([reading(1)])
    hub.publish_alerts([alert(1)])
    with hub.connection(send) as connection:
        hub.publish_readings([reading(1)])
        hub.publish_alerts([alert(1)])
        hub.publish_windows([])
        assert len(waiting(connection)) == 1


async def test_a_frame_is_encoded_once_for_all_connections(hub: Hub, reading: Callable[..., Reading]) -> None:
    with hub.connection(send) as one, hub.connection(send) as other:
        hub.publish_readings([reading(1)])
        assert waiting(one)[1] is waiting(other)[1]


async def test_alerts_windows_and_the_services_own_gaps_are_told(
    hub: Hub,
    alert: Callable[..., AlertTransition],
    anomaly: Callable[..., Anomaly],
    window: Callable[..., WindowStats],
) -> None:
    with hub.connection(send) as connection:
        hub.publish_alerts([alert(1)])
        hub.publish_anomalies([anomaly(1)])
        hub.publish_windows([window(0)])
        hub.publish_gap("iot-sensors", 7)
        frames = [encoded.frame for encoded in waiting(connection)][1:]
    assert frames == [
        AlertsFrame(alerts=[alert(1)]),
        AnomaliesFrame(anomalies=[anomaly(1)]),
        WindowsFrame(windows=[window(0)]),
        GapFrame(conflated=7),
    ]


async def test_one_connection_more_than_allowed_is_refused_until_another_leaves(hub: Hub) -> None:
    with hub.connection(send):
        with hub.connection(send), pytest.raises(TooManyConnectionsError), hub.connection(send):
            pass
        with hub.connection(send):
            pass
