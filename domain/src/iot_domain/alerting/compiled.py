"""Rules compiled against catalogue and registry: which rules watch a place, with which limits."""

import functools
import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from iot_contracts.alerts import RuleKind
from iot_contracts.rules import (
    DEFAULT_RULES,
    Battery,
    Detector,
    Missing,
    NoData,
    RateOfChange,
    Rule,
    Selectors,
    Stuck,
    Threshold,
)
from iot_contracts.sensors import Sensor
from iot_domain.alerting.batch import Place
from iot_domain.catalogue import Catalogue

MICROSECONDS = 1_000_000
DEFAULT_DEAD_BAND = 0.02
"""Share of the range's width."""
MAX_PLACES = 500_000
"""Places whose limits are kept at hand; beyond, they are worked out again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """One rule as it watches one place. What a kind does not use is infinite, or 0."""

    rule: Rule
    kind: RuleKind
    low: float = -math.inf
    high: float = math.inf
    dead_band: float = 0.0
    bound_us: int = 0
    """Of absence: the time without a message after which a series is absent."""
    for_us: int = 0
    keep_us: int = 0


@dataclass(frozen=True, slots=True)
class PlaceRules:
    """Every rule that watches a place, and the tightest limits of all of them, for finding rows that can matter."""

    levels: tuple[Limits, ...]
    absences: tuple[Limits, ...]
    low: float
    high: float
    battery_below: float
    rate: float
    has_stuck: bool
    min_score: float
    """Infinite without a rule on the score."""
    has_verdict: bool
    """Whether a rule asks for the detector's verdict."""
    bound_us: int
    """Shortest bound of absence; 0 without one."""


@dataclass(frozen=True, eq=False)
class CompiledRules:
    """Rules in force, newest versions only. Made by `compile_rules`; its cache changes no result."""

    rules: dict[str, Rule]
    known: dict[str, Rule]
    """Disabled and deleted rules too."""
    sensors: dict[str, Sensor]
    catalogue: Catalogue
    fingerprint: str
    _places: dict[Place, PlaceRules] = field(default_factory=dict)

    @functools.cached_property
    def shortest_bound_us(self) -> int | None:
        """No series is absent sooner than this after a message of it; None when no rule watches for absence."""
        intervals = [one.expected_interval_s for one in self.sensors.values() if one.expected_interval_s is not None]
        bounds: list[float] = []
        for rule in self.rules.values():
            match rule.parameters:
                case NoData(after_s=after_s):
                    bounds.append(after_s)
                case Missing(after_intervals=count) if intervals:
                    bounds.append(count * min(intervals))
                case _:
                    pass
        return round(min(bounds) * MICROSECONDS) if bounds else None

    def at(self, place: Place) -> PlaceRules:
        """The rules that watch a place."""
        found = self._places.get(place)
        if found is None:
            if len(self._places) >= MAX_PLACES:
                self._places.clear()
            # Sensors of which nobody says anything are watched alike.
            alike = place if place.sensor_id in self._singled_out else place._replace(sensor_id="")
            found = self._places.get(alike)
            if found is None:
                found = self._places[alike] = _place_rules(self._limits(place))
            self._places[place] = found
        return found

    @functools.cached_property
    def _singled_out(self) -> frozenset[str]:
        selected = (sensor_id for rule in self.rules.values() for sensor_id in rule.selectors.sensor_ids)
        return frozenset(self.sensors).union(selected)

    def _limits(self, place: Place) -> list[Limits]:
        sensor = self.sensors.get(place.sensor_id)
        chosen = (rule for rule in self.rules.values() if _selects(rule.selectors, place, sensor))
        found = (_limits_of(rule, place, sensor, self.catalogue) for rule in chosen)
        return [limits for limits in found if limits is not None]


def compile_rules(rules: Iterable[Rule], sensors: Iterable[Sensor], catalogue: Catalogue) -> CompiledRules:
    """Compile messages of `iot-rules` and `iot-sensor-registry`, each in offset order.

    Of a rule_id, and of a sensor_id, the last message counts. A default rule applies until a message has its rule_id.
    """
    newest = {rule.rule_id: rule for rule in (*DEFAULT_RULES, *rules)}
    known = {sensor.sensor_id: sensor for sensor in sensors}
    in_force = {key: newest[key] for key in sorted(newest) if newest[key].enabled and not newest[key].deleted}
    registered = {key: known[key] for key in sorted(known) if not known[key].deleted}
    content = msgspec.json.encode((in_force, registered, [catalogue[name] for name in sorted(catalogue)]))
    return CompiledRules(in_force, newest, registered, catalogue, hashlib.sha256(content).hexdigest()[:16])


def _selects(selectors: Selectors, place: Place, sensor: Sensor | None) -> bool:
    location = sensor.location if sensor is not None and sensor.location is not None else place.location
    tags = sensor.tags if sensor is not None else ()
    return (
        selectors.sensor_type in (None, place.sensor_type)
        and selectors.location in (None, location)
        and (not selectors.sensor_ids or place.sensor_id in selectors.sensor_ids)
        and set(selectors.tags) <= set(tags)
    )


def _limits_of(rule: Rule, place: Place, sensor: Sensor | None, catalogue: Catalogue) -> Limits | None:
    durations = {"for_us": round(rule.for_s * MICROSECONDS), "keep_us": round(rule.keep_firing_s * MICROSECONDS)}
    match rule.parameters:
        case Threshold() as threshold:
            return _threshold(rule, threshold, place, sensor, catalogue, durations)
        case RateOfChange(change_per_s=change):
            return Limits(rule, RuleKind.RATE_OF_CHANGE, high=change, **durations)
        case Stuck(for_readings=count):
            return Limits(rule, RuleKind.STUCK, high=count, **durations)
        case Battery(below=below, dead_band=dead_band):
            return Limits(rule, RuleKind.BATTERY, low=below, dead_band=dead_band, **durations)
        case Detector(min_score=score):
            return Limits(rule, RuleKind.DETECTOR, high=math.inf if score is None else score, **durations)
        case NoData(after_s=after_s):
            return Limits(rule, RuleKind.NO_DATA, bound_us=round(after_s * MICROSECONDS))
        case Missing(after_intervals=intervals):
            if sensor is None or sensor.expected_interval_s is None:
                return None
            return Limits(rule, RuleKind.MISSING, bound_us=round(intervals * sensor.expected_interval_s * MICROSECONDS))


def _threshold(
    rule: Rule,
    threshold: Threshold,
    place: Place,
    sensor: Sensor | None,
    catalogue: Catalogue,
    durations: dict[str, int],
) -> Limits | None:
    low, high = threshold.below, threshold.above
    if low is None and high is None:
        low, high = _own_range(place, sensor, catalogue)
    if low is None and high is None:
        return None
    least, most = -math.inf if low is None else low, math.inf if high is None else high
    width = max(most - least, 0.0)
    share, dead_band = (width if math.isfinite(width) else 0.0), threshold.dead_band
    band = DEFAULT_DEAD_BAND * share if dead_band is None else dead_band
    # A wider dead band than half of the range could never be left.
    band = min(band, width / 4)
    margin = threshold.margin * share
    return Limits(rule, RuleKind.THRESHOLD, least - margin, most + margin, band, **durations)


def _own_range(place: Place, sensor: Sensor | None, catalogue: Catalogue) -> tuple[float | None, float | None]:
    """The sensor's own thresholds; each that it has not is its type's, if the series is in its type's unit."""
    entry = catalogue.get(place.sensor_type)
    known = entry if entry is not None and entry.unit == place.unit else None
    if entry is not None and known is None:
        return None, None
    low, high = (None, None) if known is None else (known.normal_min, known.normal_max)
    if sensor is not None and sensor.sensor_type in (None, place.sensor_type):
        low = low if sensor.low is None else sensor.low
        high = high if sensor.high is None else sensor.high
    return low, high


def _place_rules(found: list[Limits]) -> PlaceRules:
    absences = tuple(one for one in found if one.bound_us)
    levels = tuple(one for one in found if not one.bound_us)
    of = {kind: [one for one in levels if one.kind is kind] for kind in RuleKind}
    return PlaceRules(
        levels=levels,
        absences=absences,
        low=max((one.low for one in of[RuleKind.THRESHOLD]), default=-math.inf),
        high=min((one.high for one in of[RuleKind.THRESHOLD]), default=math.inf),
        battery_below=max((one.low for one in of[RuleKind.BATTERY]), default=-math.inf),
        rate=min((one.high for one in of[RuleKind.RATE_OF_CHANGE]), default=math.inf),
        has_stuck=bool(of[RuleKind.STUCK]),
        min_score=min((one.high for one in of[RuleKind.DETECTOR]), default=math.inf),
        has_verdict=any(math.isinf(one.high) for one in of[RuleKind.DETECTOR]),
        bound_us=min((one.bound_us for one in absences), default=0),
    )
