"""Finds what is absent in a partition that has nothing at all, while others have something.

The operator notices absence by a partition's next message, so of one that is silent as a whole it would say nothing.
That others have messages shows that the broker, and what writes to it, is there: the silence is of the sensors. Time is
theirs, the broker's append times with pauses left out; the driver's clock enters nothing.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from iot_contracts.topics import IOT_ALERTS
from iot_domain.alerting.compiled import CompiledRules
from iot_domain.alerting.machine import tick
from stream_processor.operator.memory import SeriesMemory
from stream_processor.publishing.producer import Message

LOOK_EVERY_US = 15 * 1_000_000
_encode = msgspec.json.Encoder().encode


class Look(NamedTuple):
    """Alerts to publish, and how to remember them; afterwards, since what was not published must be found again."""

    messages: list[Message]
    keep: Callable[[], None]


class Silence:
    """How long each partition has been silent, by the clocks of the others."""

    def __init__(self) -> None:
        self._clocks: dict[int, int] = {}
        self._at_last: dict[int, dict[int, int]] = {}
        """Partition → everybody's clock when it had something last, or when it was first asked about."""
        self._looked_us: dict[int, int] = {}
        self._ticked_us: dict[int, int] = {}

    def observe(self, clocks: Mapping[int, int]) -> None:
        """Note a batch: partition → the operator's clock (microseconds) after its messages, of those that had any."""
        self._clocks |= clocks
        for partition in clocks:
            self._at_last[partition] = dict(self._clocks)
            self._looked_us.pop(partition, None)
            self._ticked_us.pop(partition, None)

    def due(self, partitions: Mapping[int, int]) -> dict[int, int]:
        """Which of `partitions` are to be looked at, and for how long (microseconds) they have been silent by now."""
        found = {}
        for partition in partitions:
            before = self._at_last.setdefault(partition, dict(self._clocks))
            elapsed = [clock - before.get(other, clock) for other, clock in self._clocks.items() if other != partition]
            silent_us = max(elapsed, default=0)
            if silent_us - self._looked_us.get(partition, 0) >= LOOK_EVERY_US:
                self._looked_us[partition] = silent_us
                found[partition] = silent_us
        return found

    def look(self, folder: Path, partition: int, offset: int, silent_us: int, rules: CompiledRules) -> Look:
        """What is absent in a partition that was read up to its end, `offset`, and has been silent for so long."""
        memory = SeriesMemory.load(folder, offset)
        now_us = memory.alerts.append_us + silent_us - self._ticked_us.get(partition, 0)
        alerts, transitions = tick(memory.alerts, rules, now_us)
        messages = [Message(IOT_ALERTS.name, one.sensor_id.encode(), _encode(one)) for one in transitions]

        def keep() -> None:
            memory.alerts = alerts
            memory.save_ticked(folder, offset)
            self._ticked_us[partition] = silent_us

        return Look(messages, keep)
