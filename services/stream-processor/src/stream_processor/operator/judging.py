"""Judges new readings of one partition: what detection says of each, and which alerts begin, go on or end. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from iot_contracts.alerts import AlertTransition
from iot_contracts.sensor_types import SensorType
from iot_domain.alerting.batch import batch_of
from iot_domain.alerting.compiled import CompiledRules
from iot_domain.alerting.machine import advance
from iot_domain.catalogue import Catalogue
from stream_processor.detection.kernel import Scores, score_batch
from stream_processor.detection.reasons import sentence
from stream_processor.operator.columns import Columns
from stream_processor.operator.memory import SeriesKey, SeriesMemory

_OUTSIDE_SCORE = 0.5
"""Least score of a value outside its type's normal range; half the range's width further out it is 1."""
_UNKNOWN = (np.nan, np.nan)


class Judged(NamedTuple):
    """Of each reading, in their order. `low`, `high`: the band that was expected, nan where there is none yet."""

    anomaly: NDArray[np.bool_]
    score: NDArray[np.float64]
    reasons: Sequence[str | None]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    transitions: Sequence[AlertTransition]


def judge(memory: SeriesMemory, readings: Columns, rules: CompiledRules) -> Judged:
    """Judge readings in the order of their offsets, each once; `memory` learns from them.

    A value outside its type's normal range is an anomaly whatever the sensor usually sends. It gives alerts by the
    rules about thresholds; the rule about what is unusual is for the other ones.
    """
    keys = list(zip(*(readings.texts(name) for name in ("sensor_id", "sensor_type", "unit")), strict=True))
    physical, normal = _limits(keys, rules.catalogue)
    scores = score_batch(memory.states_of(keys), memory.indexes(keys), readings.event_us, readings.values, physical)
    outside = _distance(readings.values, normal)
    is_outside = outside > 0
    score = np.where(is_outside, np.maximum(scores.score, np.minimum(_OUTSIDE_SCORE + outside, 1.0)), scores.score)
    reasons: list[str | None] = [None] * len(keys)
    for at in np.flatnonzero(scores.anomaly | is_outside).tolist():
        reasons[at] = _reason(keys[at], at, readings.values, scores, normal if is_outside[at] else None)
    memory.alerts, transitions = advance(
        memory.alerts,
        rules,
        batch_of(
            *(readings.texts(name) for name in ("sensor_id", "sensor_type", "unit", "location")),
            values=readings.values,
            event_us=readings.event_us,
            append_us=readings.append_us,
            reading_ids=readings.texts("reading_id"),
            battery=readings.battery,
            scores=score,
            anomalous=scores.anomaly & ~is_outside,
            reasons=reasons,
        ),
    )
    return Judged(scores.anomaly | is_outside, score, reasons, scores.low, scores.high, transitions)


def _limits(keys: Sequence[SeriesKey], catalogue: Catalogue) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Physical and normal limits of each reading, by type and unit; nan where there are none."""
    by_kind = {(entry.name, entry.unit): _limits_of(entry) for entry in catalogue.values()}
    unknown = (*_UNKNOWN, *_UNKNOWN)
    found = np.array([by_kind.get(key[1:], unknown) for key in keys], np.float64).reshape(-1, 4)
    return np.ascontiguousarray(found[:, :2]), found[:, 2:]


def _limits_of(entry: SensorType) -> tuple[float, float, float, float]:
    low, high = entry.physical_min, entry.physical_max
    return np.nan if low is None else low, np.nan if high is None else high, entry.normal_min, entry.normal_max


def _distance(values: NDArray[np.float64], normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far outside of the normal range, in its widths; 0 inside and where there is none."""
    low, high = normal.T
    with np.errstate(over="ignore"):
        outside: NDArray[np.float64] = np.maximum(np.maximum(low - values, values - high), 0.0) / (high - low)
    return np.nan_to_num(outside, nan=0.0)


def _reason(
    key: SeriesKey, at: int, values: NDArray[np.float64], scores: Scores, normal: NDArray[np.float64] | None
) -> str:
    value, unit = float(values[at]), key[2]
    if normal is None:
        return sentence(int(scores.reason[at]), value, unit, float(scores.low[at]), float(scores.high[at]))
    low, high = normal[at].tolist()
    side = "below" if value < low else "above"
    return f"{value:g} {unit}".rstrip() + f" is {side} the normal range of {key[1]}, {low:g} to {high:g}"
