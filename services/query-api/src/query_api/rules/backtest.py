"""Runs a rule over the table's readings by the stream's own state machine."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from iot_contracts.alerts import AlertState, AlertTransition
from iot_contracts.rules import DEFAULT_RULES, Rule
from iot_contracts.sensors import Sensor
from iot_contracts.topics import IOT_SENSORS
from iot_domain.alerting.backtest import backtest
from iot_domain.alerting.batch import Batch, Place
from iot_domain.alerting.compiled import compile_rules
from iot_domain.catalogue import Catalogue
from query_api.engines.duckdb import DuckDbEngine
from query_api.errors import QueryTooLargeError
from query_api.rules.backtest_schemas import MAX_ALERTS, BacktestAnswer, BacktestBody, alert_of
from query_api.rules.service import rule_of
from query_api.sensors.service import SensorsService
from query_api.table.data_files import Needed
from query_api.view.parts import Source
from query_api.view.view import View
from service_kit.kafka import partition_of
from service_kit.problems import InvalidRequestError

DEFAULT_SPAN: Final = timedelta(days=7)
MAX_READINGS: Final = 10_000_000
_PLACE: Final = ("sensor_id", "sensor_type", "unit", "location")


class BacktestService:
    """Backtests rules with the engine, the registered sensors and the catalogue of types."""

    def __init__(self, engine: DuckDbEngine, sensors: SensorsService, catalogue: Catalogue) -> None:
        self._engine = engine
        self._sensors = sensors
        self._catalogue = catalogue

    async def run(self, view: View, body: BacktestBody) -> BacktestAnswer:
        """When the rule would have alerted. Raises InvalidRequestError, and what the engine and the database raise."""
        began = time.monotonic()
        end = body.to or datetime.now(UTC)
        start = body.from_ or end - DEFAULT_SPAN
        if start > end:
            raise InvalidRequestError("`from` is later than `to`")
        rule = rule_of(body.rule, version=1)
        needed = Needed(start=start, end=end, sensor_ids=rule.selectors.sensor_ids)
        columns = await self._engine.table(
            view, Source.TABLE, lambda readings: _statement(readings, rule, start, end), needed
        )
        if len(columns) > MAX_READINGS:
            raise QueryTooLargeError(
                f"more than {MAX_READINGS:,} readings: give a shorter time, or fewer sensors by `selectors`"
            )
        sensors = [one async for part in self._sensors.registered() for one in part]
        # Of a sensor that is there twice the last counts.
        transitions = await asyncio.to_thread(_transitions, columns, rule, [*sensors, *body.sensors], self._catalogue)
        return _answer(transitions, start, end, len(columns), time.monotonic() - began)


def _statement(readings: sa.FromClause, rule: Rule, start: datetime, end: datetime) -> sa.Select[Any]:
    """Readings in the order in which the broker appended them, as the stream saw them."""
    selectors, table = rule.selectors, readings.c
    conditions = [table.event_timestamp >= start, table.event_timestamp < end]
    if selectors.sensor_ids:
        conditions.append(table.sensor_id.in_(selectors.sensor_ids))
    if selectors.sensor_type is not None:
        conditions.append(table.sensor_type == selectors.sensor_type)
    names = ("value", "battery_level", "reading_id", "anomaly_score", "detected_anomaly", "anomaly_reason")
    return (
        sa.select(
            *(table[name] for name in (*_PLACE, *names)),
            sa.func.epoch_us(table.event_timestamp, type_=sa.BigInteger()).label("event_us"),
            sa.func.epoch_us(table.processing_time, type_=sa.BigInteger()).label("append_us"),
        )
        .where(*conditions)
        .order_by(table.processing_time, table.event_timestamp, table.reading_id)
        .limit(MAX_READINGS + 1)
    )


def _transitions(
    columns: pa.Table, rule: Rule, sensors: Iterable[Sensor], catalogue: Catalogue
) -> list[AlertTransition]:
    # No other rule: each of the defaults counts until a message has its id.
    others = [
        msgspec.structs.replace(one, version=1, deleted=True) for one in DEFAULT_RULES if one.rule_id != rule.rule_id
    ]
    compiled = compile_rules([*others, rule], sensors, catalogue)
    return [one for batch in _by_partition(columns, catalogue) for one in backtest(compiled, batch)]


def _by_partition(columns: pa.Table, catalogue: Catalogue) -> Iterator[Batch]:
    """A batch a partition of `iot-sensors`: absence is judged by the messages of a sensor's own."""
    if not len(columns):
        return
    places, place = _places(columns)
    partitions = np.array([partition_of(one.sensor_id.encode(), IOT_SENSORS.partitions) for one in places])
    normal = np.array([_normal(one, catalogue) for one in places], np.float64)
    of_row = partitions[place]
    values = _numbers(columns, "value")
    is_outside = (values < normal[place, 0]) | (values > normal[place, 1])
    detected = columns["detected_anomaly"].to_numpy()
    for partition in np.unique(of_row).tolist():
        rows = np.flatnonzero(of_row == partition)
        part = columns.take(pa.array(rows))
        yield Batch(
            places=places,
            place=place[rows],
            values=values[rows],
            battery=_numbers(part, "battery_level"),
            event_us=part["event_us"].to_numpy(),
            append_us=part["append_us"].to_numpy(),
            reading_ids=_Texts(part["reading_id"].combine_chunks()),
            scores=_numbers(part, "anomaly_score"),
            # The rule about what is unusual is for values inside the normal range, as in the stream.
            anomalous=detected[rows] & ~is_outside[rows],
            reasons=_Texts(part["anomaly_reason"].combine_chunks()),
        )


def _places(columns: pa.Table) -> tuple[list[Place], "np.ndarray[Any, np.dtype[np.int32]]"]:
    """Each distinct place, and the index of each row's."""
    codes = np.zeros(len(columns), np.int64)
    dictionaries = []
    for name in _PLACE:
        encoded = pc.dictionary_encode(columns[name]).unify_dictionaries().combine_chunks()
        chunk = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
        dictionaries.append(chunk.dictionary.to_pylist())
        codes = codes * len(dictionaries[-1]) + chunk.indices.to_numpy()
    distinct, place = np.unique(codes, return_inverse=True)
    places = []
    for code in distinct.tolist():
        parts = []
        for dictionary in reversed(dictionaries):
            code, at = divmod(code, len(dictionary))
            parts.append(dictionary[at])
        places.append(Place(*reversed(parts)))
    return places, place.astype(np.int32)


def _normal(place: Place, catalogue: Catalogue) -> tuple[float, float]:
    entry = catalogue.get(place.sensor_type)
    return (np.nan, np.nan) if entry is None or entry.unit != place.unit else (entry.normal_min, entry.normal_max)


def _numbers(columns: pa.Table, name: str) -> "np.ndarray[Any, np.dtype[np.float64]]":
    numbers: np.ndarray[Any, np.dtype[np.float64]] = columns[name].to_numpy()
    return numbers


class _Texts(Sequence[Any]):
    """A column of text of which few values are ever looked at."""

    def __init__(self, column: pa.Array) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, at: Any) -> Any:
        return _Texts(self._column[at]) if isinstance(at, slice) else self._column[int(at)].as_py()


def _answer(
    transitions: Sequence[AlertTransition], start: datetime, end: datetime, readings: int, took_s: float
) -> BacktestAnswer:
    opened = [one for one in transitions if one.state is AlertState.OPENED]
    last = {one.alert_id: one for one in transitions}
    alerts = [
        alert_of(
            one,
            last[one.alert_id],
            last[one.alert_id].event_time if last[one.alert_id].state is AlertState.CLEARED else None,
        )
        for one in sorted(opened, key=lambda one: one.opened_at, reverse=True)[:MAX_ALERTS]
    ]
    return BacktestAnswer(
        from_=start,
        to=end,
        readings=readings,
        opened=len(opened),
        sensors=len({one.sensor_id for one in opened}),
        alerts=alerts,
        took_s=round(took_s, 3),
    )
