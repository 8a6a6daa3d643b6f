"""Which unread messages are lost, or about to be."""

from datetime import timedelta

import msgspec

from iot_contracts.topics import IOT_API_KEYS, IOT_SENSORS
from iot_domain.retention import Unread, alarm_since_ms, expiry_reason, unread

WEEK = msgspec.structs.replace(IOT_SENSORS, retention=timedelta(days=7))


def test_an_unread_message_is_an_alarm_once_half_of_its_time_is_over() -> None:
    assert alarm_since_ms(1_000_000, WEEK) == (1_000_000 - 3.5 * 86400) * 1000
    assert unread({0: 10}, starts={0: 0}, since={0: 25}) == Unread(expired=0, expiring=15)


def test_what_is_read_or_young_is_none() -> None:
    assert unread({0: 30}, starts={0: 0}, since={0: 25}) == Unread(0, 0)
    assert expiry_reason(WEEK, Unread(0, 0)) is None


def test_messages_that_the_log_no_longer_has_are_lost() -> None:
    assert unread({0: 10}, starts={0: 40}, since={0: 50}) == Unread(expired=30, expiring=10)
    assert "30 messages of iot-sensors expired" in str(expiry_reason(WEEK, Unread(30, 10)))


def test_a_partition_that_was_never_read_begins_at_its_start() -> None:
    assert unread({}, starts={0: 40}, since={0: 50}) == Unread(0, 10)


def test_the_alarm_says_how_many_and_how_long_kafka_keeps_them() -> None:
    assert expiry_reason(WEEK, Unread(0, 10)) == (
        "10 messages of iot-sensors that are not stored yet are in the last half of the 7 days for which "
        "Kafka keeps them"
    )


def test_of_a_topic_that_is_kept_for_ever_nothing_expires() -> None:
    assert alarm_since_ms(1_000_000, IOT_API_KEYS) == 0
