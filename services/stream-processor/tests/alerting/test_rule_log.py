"""Which rules a batch is judged by."""

from pathlib import Path

import msgspec
import pytest

from iot_contracts.alerts import Severity
from iot_contracts.rules import Battery, Rule
from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES
from iot_contracts.sensors import Sensor
from iot_contracts.topics import IOT_RULES, IOT_SENSOR_REGISTRY
from stream_processor.alerting.rule_log import RuleLog, RuleMessage
from stream_processor.errors import RulesUnavailableError
from stream_processor.operator.rules_file import read_rules


def rule(version: int) -> Rule:
    return Rule(rule_id="r", version=version, name="r", severity=Severity.LOW, parameters=Battery(below=version))


@pytest.fixture
def log(tmp_path: Path) -> RuleLog:
    """Versions 1 and 3 of a rule, rubbish between them, and one sensor."""
    log = RuleLog(DEFAULT_SENSOR_TYPES, tmp_path)
    values = [msgspec.json.encode(rule(1)), b"{", msgspec.json.encode(rule(3))]
    log.extend(RuleMessage(IOT_RULES.name, offset, value) for offset, value in enumerate(values))
    log.extend([RuleMessage(IOT_SENSOR_REGISTRY.name, 0, msgspec.json.encode(Sensor(sensor_id="S", high=5.0)))])
    return log


def test_before_they_were_read_nothing_is_judged(log: RuleLog) -> None:
    with pytest.raises(RulesUnavailableError, match="not read"):
        log.known()


@pytest.mark.parametrize(("end", "version"), [(1, 1), (2, 1), (3, 3), (99, 3)])
def test_rules_are_as_they_were_at_an_offset(log: RuleLog, end: int, version: int) -> None:
    log.note({IOT_RULES.name: 3, IOT_SENSOR_REGISTRY.name: 1})
    rules = read_rules(log.file({IOT_RULES.name: end, IOT_SENSOR_REGISTRY.name: 1}))
    assert rules.rules["r"].version == version
    assert rules.sensors["S"].high == 5.0


def test_a_topic_that_is_not_named_is_empty(log: RuleLog) -> None:
    log.note({IOT_RULES.name: 3, IOT_SENSOR_REGISTRY.name: 1})
    rules = read_rules(log.file({}))
    assert ("r" in rules.rules, rules.sensors) == (False, {})
    assert "battery-low" in rules.rules


def test_the_same_rules_are_the_same_file(log: RuleLog) -> None:
    log.note({IOT_RULES.name: 3, IOT_SENSOR_REGISTRY.name: 1})
    first = log.file({IOT_RULES.name: 1})
    assert first == log.file({IOT_RULES.name: 2}) != log.file({IOT_RULES.name: 3})
