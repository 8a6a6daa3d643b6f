"""Runs a rule over the table's readings by the stream's own state machine."""

import asyncio
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import pyarrow as pa

from iot_contracts.rules import DEFAULT_RULES, Rule
from iot_contracts.sensors import Sensor
from iot_domain.alerting.backtest import backtest
from iot_domain.alerting.compiled import CompiledRules, compile_rules
from iot_domain.alerting.episodes import Episodes, episodes_of, find_episodes, is_about_levels
from iot_domain.catalogue import Catalogue
from query_api.errors import OverloadedError
from query_api.rules.backtest_schemas import MAX_ALERTS, BacktestAnswer, BacktestBody, alert_of
from query_api.rules.history import read_history, too_many
from query_api.rules.service import rule_of
from query_api.sensors.service import SensorsService
from query_api.table.data_files import Needed
from query_api.table.file_cache import FileCache
from query_api.view.parts import Parts, Source, parts_of
from query_api.view.view import View
from service_kit.problems import InvalidRequestError

DEFAULT_SPAN: Final = timedelta(days=7)
MAX_WAITING: Final = 8
MAX_BY_ROW: Final = 1_000_000
"""Rules about more than levels (stuck, rate, absence) go from reading to reading, 20 µs each; others wait meanwhile."""


class BacktestService:
    """Backtests rules over the table's files, one at a time, with the registered sensors and the catalogue of types.

    It takes some 300 B a reading while it runs, at most of `max_readings`.
    """

    def __init__(self, cache: FileCache, sensors: SensorsService, catalogue: Catalogue, *, max_readings: int) -> None:
        self._cache = cache
        self._sensors = sensors
        self._catalogue = catalogue
        self._max_readings = max_readings
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="backtest")
        self._waiting = 0

    def close(self) -> None:
        """Drop what waits; nobody waits for what runs."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def run(self, view: View, body: BacktestBody) -> BacktestAnswer:
        """When the rule would have alerted.

        Raises InvalidRequestError, OverloadedError, QueryTooLargeError, TableUnavailableError, and what the database
        raises.
        """
        began = time.monotonic()
        end = body.to or datetime.now(UTC)
        start = body.from_ or end - DEFAULT_SPAN
        if start > end:
            raise InvalidRequestError("`from` is later than `to`")
        if self._waiting > MAX_WAITING:
            raise OverloadedError("too many backtests wait; ask again in a few seconds", headers={"Retry-After": "5"})
        rule = rule_of(body.rule, version=1)
        needed = Needed(start=start, end=end, sensor_ids=rule.selectors.sensor_ids)
        sensors = [one async for part in self._sensors.registered() for one in part]
        # Of a sensor that is there twice the last counts.
        compiled = _compiled(rule, [*sensors, *body.sensors], self._catalogue)
        self._waiting += 1
        try:
            readings, episodes = await asyncio.get_running_loop().run_in_executor(
                self._thread, self._episodes, parts_of(view, Source.TABLE), rule, compiled, needed
            )
        finally:
            self._waiting -= 1
        return BacktestAnswer(
            from_=start,
            to=end,
            readings=readings,
            opened=episodes.opened,
            sensors=len(episodes.sensors),
            alerts=[alert_of(one) for one in episodes.newest],
            took_s=round(time.monotonic() - began, 3),
        )

    def _episodes(self, parts: Parts, rule: Rule, compiled: CompiledRules, needed: Needed) -> tuple[int, Episodes]:
        try:
            return self._found(parts, rule, compiled, needed)
        finally:
            pa.default_memory_pool().release_unused()

    def _found(self, parts: Parts, rule: Rule, compiled: CompiledRules, needed: Needed) -> tuple[int, Episodes]:
        history = read_history(parts, self._cache, rule, needed, self._catalogue, self._max_readings)
        if all(is_about_levels(compiled.at(place)) for place in history.batch.places):
            return len(history.batch), find_episodes(compiled, history.by_series(), MAX_ALERTS)
        if len(history.batch) > MAX_BY_ROW:
            raise too_many(MAX_BY_ROW)
        transitions = [one for batch in history.by_partition() for one in backtest(compiled, batch)]
        return len(history.batch), episodes_of(transitions, MAX_ALERTS)


def _compiled(rule: Rule, sensors: Iterable[Sensor], catalogue: Catalogue) -> CompiledRules:
    """No other rule: each of the defaults counts until a message has its id."""
    others = [
        msgspec.structs.replace(one, version=1, deleted=True) for one in DEFAULT_RULES if one.rule_id != rule.rule_id
    ]
    return compile_rules([*others, rule], sensors, catalogue)
