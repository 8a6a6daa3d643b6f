"""Messages to columns: one verdict with query-api's tail, one identity with `iot_domain.identity`."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from iot_domain.decoding import Refusal, decode_reading
from iot_domain.identity import identity
from stream_processor.operator.columns import Columns, Messages, decode, identities

Message = Callable[..., dict[str, Any]]


def messages(*values: bytes | None) -> Messages:
    return Messages(values, np.arange(10, 10 + len(values)), np.full(len(values), 1_000_000, np.int64))


def decoded(*readings: dict[str, Any]) -> Columns:
    columns, refused = decode(messages(*(json.dumps(reading).encode() for reading in readings)))
    assert refused == []
    return columns


def test_readings_and_refusals_keep_their_places(a_message: Message) -> None:
    columns, refused = decode(messages(b"x", json.dumps(a_message()).encode(), None))
    assert columns.places.tolist() == [1]
    assert columns.offsets.tolist() == [11]
    assert [place for place, _ in refused] == [0, 2]
    assert all(refusal == decode_reading(value) for value, (_, refusal) in zip((b"x", None), refused, strict=True))
    assert isinstance(refused[0].refusal, Refusal)


def test_nothing_but_rubbish_is_no_columns() -> None:
    columns, refused = decode(messages(b"x", b"{}"))
    assert (len(columns), len(refused)) == (0, 2)


@pytest.mark.parametrize("time", ["0001-01-02T00:00:00Z", "1969-12-31T23:59:59.999999Z", "9999-12-29T23:59:59.123456Z"])
def test_times_are_exact_to_the_microsecond(a_message: Message, time: str) -> None:
    columns = decoded(a_message(timestamp=time))
    (found,) = columns.readings.column("event_timestamp").to_pylist()
    reading = decode_reading(json.dumps(a_message(timestamp=time)).encode())
    assert not isinstance(reading, Refusal)
    assert found == reading.timestamp


def test_an_identity_is_the_domain_s(a_message: Message) -> None:
    cases = [("A", UUID(int=1)), ("A", UUID(int=2**127)), ("B", UUID(int=1))]
    columns = decoded(*(a_message(sensor_id=sensor, reading_id=str(number)) for sensor, number in cases))
    found = identities(columns, 2)
    joined = [(int(high) << 64) | int(low) for high, low in zip(found.high, found.low, strict=True)]
    assert joined == [identity(2, sensor, number) for sensor, number in cases]


@pytest.mark.parametrize(
    "change",
    [
        {"value": 21.6},
        {"unit": "K"},
        {"location": "Tangier-Port"},
        {"sensor_type": "noise"},
        {"timestamp": "2026-03-01T12:00:00.000001Z"},
        {"battery_level": 87.6},
        {"battery_level": None},
        {"is_anomaly": True},
        {"is_anomaly": None},
    ],
)
def test_whatever_else_differs_is_another_content(a_message: Message, change: dict[str, Any]) -> None:
    plain, changed = decoded(a_message()), decoded(a_message(**change))
    assert identities(plain, 0).content.tolist() == identities(decoded(a_message()), 1).content.tolist()
    assert identities(plain, 0).content.tolist() != identities(changed, 0).content.tolist()
