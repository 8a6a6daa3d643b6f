"""SQL of the engines: the standard dialect with DuckDB's parameters, and what engines say differently. Pure."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class DuckDbDialect(DefaultDialect):
    """Standard SQL with numbered parameters (`$1`)."""

    name = "duckdb"
    supports_statement_cache = True
    supports_native_boolean = True

    def __init__(self) -> None:
        super().__init__(paramstyle="numeric_dollar")


class mean(sa.sql.functions.GenericFunction[float]):  # noqa: N801 - named like sa.func's
    """Arithmetic mean by compensated summation, accurate to 1e-12 of the largest value whatever their order."""

    type = sa.Double()
    inherit_cache = True


@compiles(mean, "duckdb")
def _mean_in_duckdb(element: mean, compiler: SQLCompiler, **options: Any) -> str:
    return f"favg({compiler.process(element.clauses, **options)})"


@compiles(mean)
def _mean_elsewhere(element: mean, compiler: SQLCompiler, **options: Any) -> str:
    return f"avg({compiler.process(element.clauses, **options)})"


class exact_sum(sa.sql.functions.GenericFunction[float]):  # noqa: N801 - named like sa.func's
    """Sum by compensated summation."""

    type = sa.Double()
    inherit_cache = True


@compiles(exact_sum, "duckdb")
def _exact_sum_in_duckdb(element: exact_sum, compiler: SQLCompiler, **options: Any) -> str:
    return f"fsum({compiler.process(element.clauses, **options)})"


@compiles(exact_sum)
def _exact_sum_elsewhere(element: exact_sum, compiler: SQLCompiler, **options: Any) -> str:
    return f"sum({compiler.process(element.clauses, **options)})"


class percentiles(sa.sql.functions.GenericFunction[Any]):  # noqa: N801 - named like sa.func's
    """`percentiles(value, [50, 95])`: values between which and below so many percent lie, interpolated; a list."""

    inherit_cache = False

    def __init__(self, value: sa.ColumnElement[Any], percents: Sequence[float]) -> None:
        super().__init__(value)
        self.shares = ", ".join(repr(float(percent) / 100) for percent in percents)


@compiles(percentiles, "duckdb")
def _percentiles_in_duckdb(element: percentiles, compiler: SQLCompiler, **options: Any) -> str:
    return f"quantile_cont({compiler.process(element.clauses, **options)}, [{element.shares}])"


@compiles(percentiles)
def _percentiles_elsewhere(element: percentiles, compiler: SQLCompiler, **options: Any) -> str:
    return f"approx_percentile({compiler.process(element.clauses, **options)}, ARRAY[{element.shares}])"


class latest(sa.sql.functions.GenericFunction[Any]):  # noqa: N801 - named like sa.func's
    """`latest(value, time)`: the value at the greatest time."""

    inherit_cache = True


@compiles(latest, "duckdb")
def _latest_in_duckdb(element: latest, compiler: SQLCompiler, **options: Any) -> str:
    return f"arg_max({compiler.process(element.clauses, **options)})"


@compiles(latest)
def _latest_elsewhere(element: latest, compiler: SQLCompiler, **options: Any) -> str:
    return f"max_by({compiler.process(element.clauses, **options)})"


def compile_for_duckdb(statement: sa.Select[*tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """The statement's text and its parameters in order. Values are only ever parameters, never text."""
    compiled = statement.compile(dialect=DuckDbDialect(), compile_kwargs={"render_postcompile": True})
    positions = getattr(compiled, "positiontup", None) or []
    return str(compiled), [compiled.params[name] for name in positions]
