"""SQL of the engines: the standard dialect with DuckDB's parameters, and what engines say differently. Pure."""

from collections.abc import Callable, Sequence
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


class exact_sum(sa.sql.functions.GenericFunction[float]):  # noqa: N801 - named like sa.func's
    """Sum by compensated summation."""

    type = sa.Double()
    inherit_cache = True


class latest(sa.sql.functions.GenericFunction[Any]):  # noqa: N801 - named like sa.func's
    """`latest(value, time)`: the value at the greatest time."""

    inherit_cache = True


def _is_called(function: type[sa.sql.functions.GenericFunction[Any]], *, in_duckdb: str, elsewhere: str) -> None:
    """Compile a function as one of the engine's own, with the same arguments."""

    def compile_as(name: str) -> Callable[..., str]:
        return lambda element, compiler, **options: f"{name}({compiler.process(element.clauses, **options)})"

    compiles(function, "duckdb")(compile_as(in_duckdb))
    compiles(function)(compile_as(elsewhere))


_is_called(mean, in_duckdb="favg", elsewhere="avg")
_is_called(exact_sum, in_duckdb="fsum", elsewhere="sum")
_is_called(latest, in_duckdb="arg_max", elsewhere="max_by")


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


def compile_for_duckdb(statement: sa.Select[*tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """The statement's text and its parameters in order. Values are only ever parameters, never text."""
    compiled = statement.compile(dialect=DuckDbDialect(), compile_kwargs={"render_postcompile": True})
    positions = getattr(compiled, "positiontup", None) or []
    return str(compiled), [compiled.params[name] for name in positions]
