"""The typed results of the analyses: a schema each, in Spark's DDL; derived from the contract. Pure."""

from collections.abc import Iterable
from typing import Final

from iot_contracts.analyses import ANALYSES, RUN_COLUMNS, ResultColumn

_SPARK_TYPES: Final = {"long": "bigint", "timestamptz": "timestamp"}


def _ddl(columns: Iterable[ResultColumn]) -> str:
    return ", ".join(f"{column.name} {_SPARK_TYPES.get(column.type, column.type)}" for column in columns)


SCHEMAS: Final[dict[str, str]] = {analysis.name: _ddl(analysis.columns) for analysis in ANALYSES}
RUNS_SCHEMA: Final = _ddl(RUN_COLUMNS)
NAMES: Final = tuple(SCHEMAS)
