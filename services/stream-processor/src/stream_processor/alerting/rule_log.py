"""The rules and registered sensors as messages, so that each batch can say by which of them it was judged."""

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from iot_contracts.rules import Rule
from iot_contracts.sensor_types import SensorType
from iot_contracts.sensors import Sensor
from iot_contracts.topics import IOT_RULES, IOT_SENSOR_REGISTRY
from iot_domain.decoding import MessageDecoder, Refusal
from service_kit.logging import get_logger
from stream_processor.errors import RulesUnavailableError
from stream_processor.operator.rules_file import RuleInputs, write_rules

RuleOffsets = Mapping[str, int]
"""Topic → offset of the first message that was not known."""
M = TypeVar("M", Rule, Sensor)
_rule = MessageDecoder(Rule)
_sensor = MessageDecoder(Sensor)
_log = get_logger(__name__)


class RuleMessage(NamedTuple):
    """A message of one of the two topics."""

    topic: str
    offset: int
    value: bytes | None


class RuleLog:
    """Every message of both topics. Filled on the event loop, read from the job's thread."""

    def __init__(self, types: Iterable[SensorType], folder: Path) -> None:
        self._types = tuple(types)
        self._folder = folder
        self._lock = threading.Lock()
        self._rules: list[tuple[int, Rule]] = []
        self._sensors: list[tuple[int, Sensor]] = []
        self._offsets: RuleOffsets | None = None
        self._written: tuple[RuleOffsets, Path] | None = None

    def extend(self, messages: Iterable[RuleMessage]) -> None:
        """Add messages; one that is none of its topic is left out and logged."""
        messages = list(messages)
        with self._lock:
            self._rules += _decoded((one for one in messages if one.topic == IOT_RULES.name), _rule)
            self._sensors += _decoded((one for one in messages if one.topic == IOT_SENSOR_REGISTRY.name), _sensor)

    def note(self, offsets: RuleOffsets) -> None:
        """Note that every message below these offsets was added."""
        with self._lock:
            self._offsets = dict(offsets)

    def known(self) -> RuleOffsets:
        """Up to where the rules are known. Raises RulesUnavailableError before they were read once."""
        if self._offsets is None:
            raise RulesUnavailableError("the alert rules were not read from Kafka yet")
        return self._offsets

    def file(self, offsets: RuleOffsets) -> Path:
        """A file of the rules as they were at these offsets; a topic that is not named counts as empty.

        Of a topic that was made anew and is shorter than that, all there is counts: what is lost must stop nothing.
        Raises RulesUnavailableError before the rules were read once.
        """
        known = self.known()
        if any(offset > known.get(topic, 0) for topic, offset in offsets.items()):
            _log.warning("rules that a batch was judged by are lost", known=known, judged_by=offsets)
        if self._written is None or self._written[0] != offsets or not self._written[1].exists():
            self._written = offsets, write_rules(self._folder, self._inputs(offsets))
        return self._written[1]

    def _inputs(self, offsets: RuleOffsets) -> RuleInputs:
        rules_end, sensors_end = offsets.get(IOT_RULES.name, 0), offsets.get(IOT_SENSOR_REGISTRY.name, 0)
        with self._lock:
            rules = {rule.rule_id: rule for offset, rule in self._rules if offset < rules_end}
            sensors = {sensor.sensor_id: sensor for offset, sensor in self._sensors if offset < sensors_end}
        return RuleInputs(tuple(rules.values()), tuple(sensors.values()), self._types)


def _decoded(messages: Iterable[RuleMessage], decoder: MessageDecoder[M]) -> list[tuple[int, M]]:
    found: list[tuple[int, M]] = []
    for message in messages:
        content = decoder.decode(message.value)
        if isinstance(content, Refusal):
            _log.error("message is left out", topic=message.topic, offset=message.offset, error=content.detail)
        else:
            found.append((message.offset, content))
    return found
