"""A partition that is silent as a whole: what is absent in it is found by the messages of the others."""

from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np
import pytest

from iot_contracts.alerts import AlertState, AlertTransition, Severity
from iot_contracts.rules import NoData, Rule
from iot_domain.alerting.batch import Batch, batch_of
from iot_domain.alerting.compiled import CompiledRules, compile_rules
from iot_domain.alerting.machine import advance
from iot_domain.catalogue import load_sensor_types
from stream_processor.batches.silence import Silence
from stream_processor.operator.memory import SeriesMemory

SECOND = 1_000_000
NOON_US = 1_772_366_400 * SECOND
NO_DATA = Rule(rule_id="gone", version=1, name="gone", severity=Severity.HIGH, parameters=NoData(after_s=60))


@pytest.fixture
def rules() -> CompiledRules:
    return compile_rules([NO_DATA], [], load_sensor_types(None))


def a_message(second: int) -> Batch:
    at = np.array([NOON_US + second * SECOND], np.int64)
    names = (["A"], ["temperature"], ["Celsius"], ["Port"])
    return batch_of(*names, values=np.array([20.0]), event_us=at, append_us=at, reading_ids=[str(UUID(int=second))])


@pytest.fixture
def folder(tmp_path: Path, rules: CompiledRules) -> Path:
    """The memory of partition 1 at offset 1: one message of one sensor."""
    memory = SeriesMemory()
    memory.alerts, _ = advance(memory.alerts, rules, a_message(0))
    memory.save(tmp_path, 1)
    return tmp_path


def told(messages: list[bytes]) -> list[tuple[str, str, str]]:
    transitions = [msgspec.json.decode(message, type=AlertTransition) for message in messages]
    return [(one.alert_id, one.rule_id, one.state.value) for one in transitions]


def look(silence: Silence, folder: Path, rules: CompiledRules) -> list[bytes]:
    """What the driver publishes after a batch."""
    found: list[bytes] = []
    for partition, silent_us in silence.due({1: 1}).items():
        looked = silence.look(folder, partition, 1, silent_us, rules)
        if looked.messages:
            found += [message.value for message in looked.messages]
            looked.keep()
    return found


def test_a_sensor_alone_on_its_partition_is_reported_once_and_cleared_by_its_return(
    folder: Path, rules: CompiledRules
) -> None:
    silence, found = Silence(), []
    silence.observe({0: 0, 1: 0})
    for second in range(10, 300, 10):
        silence.observe({0: second * SECOND})
        found += look(silence, folder, rules)
        if second <= 60:
            assert found == []
    [(alert, *opened)] = told(found)
    assert opened == ["gone", AlertState.OPENED]
    back = SeriesMemory.load(folder, 1)
    _, transitions = advance(back.alerts, rules, a_message(300))
    assert [(one.alert_id, one.state) for one in transitions] == [(alert, AlertState.CLEARED)]


def test_what_was_not_published_is_found_again_with_the_same_id(folder: Path, rules: CompiledRules) -> None:
    first = Silence()
    first.observe({0: 0, 1: 0})
    first.observe({0: 100 * SECOND})
    [(partition, silent_us)] = first.due({1: 1}).items()
    lost = first.look(folder, partition, 1, silent_us, rules)  # the process dies before it publishes
    again = Silence()
    again.observe({0: 0, 1: 0})
    again.observe({0: 500 * SECOND})
    assert told(look(again, folder, rules)) == told([message.value for message in lost.messages])


def test_a_restart_neither_forgets_nor_repeats_what_was_found(folder: Path, rules: CompiledRules) -> None:
    before = Silence()
    before.observe({0: 0, 1: 0})
    before.observe({0: 100 * SECOND})
    assert len(look(before, folder, rules)) == 1
    SeriesMemory().save(folder, 1)  # the batch that ended there is run again
    after = Silence()
    after.observe({0: 0})
    assert after.due({1: 1}) == {}
    after.observe({0: 400 * SECOND})
    assert look(after, folder, rules) == []


def test_a_pause_of_everybody_is_nobody_s_absence() -> None:
    silence = Silence()
    silence.observe({0: 0, 1: 0})
    # The operator's clock leaves pauses out, so that the first message after one is a minute later at most.
    silence.observe({0: 14 * SECOND})
    assert silence.due({1: 1}) == {}


def test_a_partition_is_looked_at_now_and_then(folder: Path) -> None:
    silence = Silence()
    silence.observe({0: 0, 1: 0})
    looked: list[int] = []
    for second in range(60):
        silence.observe({0: second * SECOND})
        looked += silence.due({1: 1}).values()
    assert [us // SECOND for us in looked] == [15, 30, 45]
