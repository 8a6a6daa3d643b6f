"""The rules, sensors and types that a batch is judged by, as a file that the workers read once."""

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from iot_contracts.rules import Rule
from iot_contracts.sensor_types import SensorType
from iot_contracts.sensors import Sensor
from iot_domain.alerting.compiled import CompiledRules, compile_rules


class RuleInputs(Struct, frozen=True):
    """Messages of `iot-rules` and `iot-sensor-registry`, the newest of each key, and the catalogue."""

    rules: Sequence[Rule]
    sensors: Sequence[Sensor]
    types: Sequence[SensorType]

    def compile(self) -> CompiledRules:
        """What the state machine needs."""
        return compile_rules(self.rules, self.sensors, {entry.name: entry for entry in self.types})


def write_rules(folder: Path, inputs: RuleInputs) -> Path:
    """Write them under a name of their content's own, which is the same when a batch is run again."""
    content = msgspec.msgpack.encode(inputs)
    path = folder / f"{hashlib.sha256(content).hexdigest()[:32]}.msgpack"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".new")
        temporary.write_bytes(content)
        temporary.replace(path)
    return path


@functools.lru_cache(2)
def read_rules(path: Path) -> CompiledRules:
    """Read and compile what `write_rules` wrote; kept by a worker until they change."""
    return msgspec.msgpack.decode(path.read_bytes(), type=RuleInputs).compile()
