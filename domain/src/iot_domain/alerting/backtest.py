"""When would these rules have alerted? The state machine over readings that are there already."""

from collections.abc import Iterable

from iot_contracts.alerts import AlertTransition
from iot_domain.alerting.batch import Batch
from iot_domain.alerting.compiled import CompiledRules
from iot_domain.alerting.machine import advance
from iot_domain.alerting.state import AlertState

ROWS_AT_ONCE = 32_768
"""Of a series that can matter, every row of so many is judged one by one: small enough that most series are calm, large
enough that whole columns pay."""


def backtest(rules: CompiledRules, readings: Batch | Iterable[Batch]) -> list[AlertTransition]:
    """Every transition of `rules` over one partition's readings, in offset order with their append times.

    Batches of one partition follow each other; partitions are backtested one by one. The state is not kept.
    """
    state, found = AlertState(), list[AlertTransition]()
    for batch in (readings,) if isinstance(readings, Batch) else readings:
        for start in range(0, len(batch), ROWS_AT_ONCE):
            state, news = advance(state, rules, batch.slice(start, start + ROWS_AT_ONCE))
            found.extend(news)
    return found
