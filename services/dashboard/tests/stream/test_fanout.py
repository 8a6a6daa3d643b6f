"""The stream's promises: state then deltas, resume whole or an explicit gap, every alert, slow ones apart."""

from collections.abc import Callable

import pytest

from dashboard.errors import TooManyConnectionsError
from dashboard.live.hub import Hub
from dashboard.stream.fanout import Fanout
from dashboard.stream.session import Session
from iot_contracts.alerts import AlertTransition
from iot_contracts.anomalies import Anomaly
from iot_contracts.readings import Reading
from iot_contracts.stream_frames import (
    AlertsData,
    AnomaliesData,
    Gap,
    HealthData,
    Heartbeat,
    Pong,
    ReadingsData,
    StageHealth,
    StreamError,
    StreamFrame,
    Subscribed,
    Unsubscribed,
    WindowsData,
)
from iot_contracts.stream_requests import StreamFilter, StreamPosition, StreamTopic, Subscribe
from iot_contracts.window_stats import WindowStats

from .conftest import LOG_MESSAGES, MAX_PENDING

Taken = Callable[[Session], list[StreamFrame]]
Readings = Callable[..., Reading]
Alerts = Callable[..., AlertTransition]
READINGS = Subscribe(topic=StreamTopic.READINGS)
ALERTS = Subscribe(topic=StreamTopic.ALERTS)


def resume(fanout: Fanout, sequence: int, **changes: object) -> Subscribe:
    fields = {"topic": StreamTopic.READINGS, "resume": StreamPosition(epoch=fanout.epoch, sequence=sequence)}
    return Subscribe(**{**fields, **changes})  # type: ignore[arg-type] # of several types


def test_the_state_comes_first_and_then_what_arrives(hub: Hub, fanout: Fanout, taken: Taken, reading: Readings) -> None:
    hub.publish_readings([reading(1), reading(2)])
    with fanout.session() as session:
        fanout.subscribe(session, READINGS)
        hub.publish_readings([reading(3)])
        assert taken(session) == [
            Subscribed(topic=StreamTopic.READINGS, filter=StreamFilter(), epoch=fanout.epoch, sequence=2),
            ReadingsData(sequence=2, snapshot=True, data=[reading(2)]),
            ReadingsData(sequence=3, data=[reading(3)]),
        ]


def test_every_topic_has_its_own_state_and_sequence(
    hub: Hub,
    fanout: Fanout,
    taken: Taken,
    alert: Alerts,
    anomaly: Callable[..., Anomaly],
    window: Callable[..., WindowStats],
) -> None:
    stage = StageHealth(stage="kafka", health="not_ready", reason="no broker")
    hub.publish_alerts([alert(1), alert(1, 1)])
    hub.publish_anomalies([anomaly(1)])
    hub.publish_windows([window(0)])
    fanout.publish_health([stage])
    with fanout.session() as session:
        for topic in StreamTopic:
            fanout.subscribe(session, Subscribe(topic=topic))
        snapshots = [frame for frame in taken(session) if not isinstance(frame, Subscribed)]
    assert snapshots == [
        ReadingsData(sequence=0, snapshot=True, data=[]),
        AnomaliesData(sequence=1, snapshot=True, data=[anomaly(1)]),
        AlertsData(sequence=2, snapshot=True, data=[alert(1, 1)]),
        WindowsData(sequence=1, snapshot=True, data=[window(0)]),
        HealthData(sequence=1, snapshot=True, data=[stage]),
    ]


def test_a_filter_applies_to_state_and_deltas(hub: Hub, fanout: Fanout, taken: Taken, reading: Readings) -> None:
    hub.publish_readings([reading(1, "A"), reading(2, "B")])
    with fanout.session() as session:
        fanout.subscribe(session, Subscribe(topic=StreamTopic.READINGS, filter=StreamFilter(sensor_id=("B",))))
        hub.publish_readings([reading(3, "A")])
        hub.publish_readings([reading(4, "B"), reading(5, "A")])
        assert taken(session)[1:] == [
            ReadingsData(sequence=2, snapshot=True, data=[reading(2, "B")]),
            ReadingsData(sequence=5, data=[reading(4, "B")]),
        ]


def test_another_filter_replaces_the_one_before(hub: Hub, fanout: Fanout, taken: Taken, reading: Readings) -> None:
    with fanout.session() as session:
        for sensor_id in ("A", "B"):
            wanted = StreamFilter(sensor_id=(sensor_id,))
            fanout.subscribe(session, Subscribe(topic=StreamTopic.READINGS, filter=wanted, snapshot=False))
        hub.publish_readings([reading(1, "A"), reading(2, "B")])
        assert taken(session)[2:] == [ReadingsData(sequence=2, data=[reading(2, "B")])]


def test_a_frame_is_made_once_for_all_with_the_same_filter(hub: Hub, fanout: Fanout, reading: Readings) -> None:
    with fanout.session() as one, fanout.session() as other:
        for session in (one, other):
            fanout.subscribe(session, Subscribe(topic=StreamTopic.READINGS, snapshot=False))
            session.outbox.pop()
        hub.publish_readings([reading(1)])
        assert one.outbox.pop() is other.outbox.pop()


def test_nothing_of_a_topic_comes_after_unsubscribed(hub: Hub, fanout: Fanout, taken: Taken, reading: Readings) -> None:
    with fanout.session() as session:
        fanout.subscribe(session, Subscribe(topic=StreamTopic.READINGS, snapshot=False))
        hub.publish_readings([reading(1)])
        fanout.handle(session, '{"type":"unsubscribe","topic":"readings"}')
        hub.publish_readings([reading(2)])
        assert taken(session)[1:] == [Unsubscribed(topic=StreamTopic.READINGS)]


def test_rubbish_is_answered_and_changes_nothing(hub: Hub, fanout: Fanout, taken: Taken, reading: Readings) -> None:
    with fanout.session() as session:
        fanout.subscribe(session, Subscribe(topic=StreamTopic.READINGS, snapshot=False))
        fanout.handle(session, "hello")
        fanout.handle(session, '{"type":"unsubscribe","topic":"alerts"}')
        fanout.handle(session, '{"type":"ping","id":"7"}')
        hub.publish_readings([reading(1)])
        _, first, second, pong, data = taken(session)
        assert isinstance(first, StreamError)
        assert isinstance(second, StreamError)
        assert (first.code, second.code) == ("invalid_json", "not_subscribed")
        assert pong == Pong(id="7")
        assert data == ReadingsData(sequence=1, data=[reading(1)])


def test_a_client_that_comes_back_gets_all_that_it_missed_instead_of_the_state(
    hub: Hub, fanout: Fanout, taken: Taken, reading: Readings
) -> None:
    hub.publish_readings([reading(1), reading(2, "OTHER"), reading(3)])
    with fanout.session() as session:
        fanout.subscribe(session, resume(fanout, 1, filter=StreamFilter(sensor_id=("SENSOR_001",))))
        hub.publish_readings([reading(4)])
        subscribed, missed, new = taken(session)
    assert isinstance(subscribed, Subscribed)
    assert (subscribed.recovered, subscribed.reason, subscribed.sequence) == (True, None, 1)
    assert missed == ReadingsData(sequence=3, data=[reading(3)])
    assert new == ReadingsData(sequence=4, data=[reading(4)])


@pytest.mark.parametrize(
    ("epoch", "sequence", "reason"),
    [("of yesterday", 1, "epoch_changed"), ("", 0, "too_old"), ("", 99, "unknown_sequence")],
)
def test_what_cannot_be_recovered_whole_is_not_sent_at_all_and_the_reason_is_said(
    hub: Hub, fanout: Fanout, taken: Taken, reading: Readings, epoch: str, sequence: int, reason: str
) -> None:
    hub.publish_readings([reading(number) for number in range(LOG_MESSAGES + 1)])
    with fanout.session() as session:
        position = StreamPosition(epoch=epoch or fanout.epoch, sequence=sequence)
        fanout.subscribe(session, Subscribe(topic=StreamTopic.READINGS, resume=position))
        subscribed, state = taken(session)
    assert isinstance(subscribed, Subscribed)
    assert (subscribed.recovered, subscribed.reason) == (False, reason)
    assert state == ReadingsData(sequence=LOG_MESSAGES + 1, snapshot=True, data=[reading(LOG_MESSAGES)])


def test_nobody_recovers_across_readings_that_the_service_skipped(
    hub: Hub, fanout: Fanout, taken: Taken, reading: Readings
) -> None:
    hub.publish_readings([reading(1)])
    with fanout.session() as listener, fanout.session() as returning:
        fanout.subscribe(listener, Subscribe(topic=StreamTopic.READINGS, snapshot=False))
        hub.publish_gap("iot-sensors", 7)
        assert taken(listener)[1:] == [Gap(topic=StreamTopic.READINGS, skipped=7, reason="service_behind")]
        fanout.subscribe(returning, resume(fanout, 1))
        subscribed = taken(returning)[0]
        assert isinstance(subscribed, Subscribed)
        assert subscribed.reason == "too_old"


def test_messages_that_cannot_be_read_are_told_of_their_topic(hub: Hub, fanout: Fanout, taken: Taken) -> None:
    with fanout.session() as session:
        fanout.subscribe(session, Subscribe(topic=StreamTopic.ALERTS, snapshot=False))
        hub.publish_left_out("iot-sensors", 3)
        hub.publish_left_out("iot-alerts", 2)
        assert taken(session)[1:] == [Gap(topic=StreamTopic.ALERTS, skipped=2, reason="unreadable")]


def test_a_slow_client_gets_the_latest_of_each_sensor_and_every_alert(
    hub: Hub, fanout: Fanout, taken: Taken, reading: Readings, alert: Alerts
) -> None:
    with fanout.session() as session:
        for topic in (StreamTopic.READINGS, StreamTopic.ALERTS):
            fanout.subscribe(session, Subscribe(topic=topic, snapshot=False))
        for number in range(100):
            hub.publish_readings([reading(number, f"SENSOR_{number % 2}")])
        hub.publish_alerts([alert(1)])
        hub.publish_alerts([alert(1, 1)])
        hub.publish_readings([reading(100, "SENSOR_0")])
        assert taken(session)[2:] == [
            AlertsData(sequence=1, data=[alert(1)]),
            AlertsData(sequence=2, data=[alert(1, 1)]),
            Gap(topic=StreamTopic.READINGS, skipped=99, reason="slow_client"),
            ReadingsData(sequence=101, data=[reading(99, "SENSOR_1"), reading(100, "SENSOR_0")]),
        ]
        hub.publish_readings([reading(101)])
        assert taken(session) == [ReadingsData(sequence=102, data=[reading(101)])]


def test_what_waits_for_a_client_is_bounded_and_changes_nothing_for_another(
    hub: Hub, fanout: Fanout, taken: Taken, reading: Readings
) -> None:
    with fanout.session() as stalled, fanout.session() as other:
        for session in (stalled, other):
            fanout.subscribe(session, Subscribe(topic=StreamTopic.READINGS, snapshot=False))
        taken(other)
        for number in range(1000):
            hub.publish_readings([reading(number, f"SENSOR_{number}")])
            assert taken(other) == [ReadingsData(sequence=number + 1, data=[reading(number, f"SENSOR_{number}")])]
            waiting = sum(len(frame.entries) for frame, _ in stalled.outbox._frames)
            conflated = sum(len(latest) for latest in stalled.outbox._latest.values())
            assert waiting <= MAX_PENDING
            assert conflated <= 10_000


async def test_a_client_for_which_too_many_alerts_wait_is_sent_away_rather_than_lose_one(
    hub: Hub, fanout: Fanout, alert: Alerts
) -> None:
    with fanout.session() as session:
        fanout.subscribe(session, Subscribe(topic=StreamTopic.ALERTS, snapshot=False))
        for number in range(MAX_PENDING + 1):
            hub.publish_alerts([alert(number)])
        last = await session.next()
        assert last is not None
        assert '"type":"closing","reason":"too_slow","retry_after_ms":' in last.text
        assert await session.next() is None


def test_a_heartbeat_tells_who_has_all_where_it_is_and_nobody_else(
    hub: Hub, fanout: Fanout, taken: Taken, reading: Readings
) -> None:
    with fanout.session() as up_to_date, fanout.session() as behind:
        fanout.subscribe(behind, Subscribe(topic=StreamTopic.READINGS, snapshot=False))
        hub.publish_readings([reading(1)])
        fanout.publish_heartbeat()
        (heartbeat,) = taken(up_to_date)
        assert isinstance(heartbeat, Heartbeat)
        assert heartbeat.sequences["readings"] == 1
        assert not any(isinstance(frame, Heartbeat) for frame in taken(behind))


def test_one_client_more_than_allowed_is_refused_until_another_leaves(fanout: Fanout) -> None:
    with fanout.session():
        with fanout.session(), pytest.raises(TooManyConnectionsError), fanout.session():
            pass
        with fanout.session():
            pass


def test_a_client_that_left_is_offered_nothing(hub: Hub, fanout: Fanout, reading: Readings) -> None:
    with fanout.session() as session:
        fanout.subscribe(session, Subscribe(topic=StreamTopic.READINGS, snapshot=False))
        session.outbox.pop()
    hub.publish_readings([reading(1)])
    assert session.outbox.pop() is None


def test_only_health_that_changed_is_published(fanout: Fanout, taken: Taken) -> None:
    ready = StageHealth(stage="kafka", health="ready", reason=None)
    with fanout.session() as session:
        assert not fanout.is_health_wanted
        fanout.subscribe(session, Subscribe(topic=StreamTopic.HEALTH, snapshot=False))
        assert fanout.is_health_wanted
        fanout.publish_health([ready])
        fanout.publish_health([ready])
        assert taken(session)[1:] == [HealthData(sequence=1, data=[ready])]
