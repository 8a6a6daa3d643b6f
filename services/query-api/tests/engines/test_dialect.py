"""Statements as the engines get them."""

import sqlalchemy as sa

from query_api.engines.dialect import compile_for_duckdb, latest, mean

readings = sa.table("readings", sa.column("value", sa.Double()), sa.column("flag", sa.Boolean()), sa.column("name"))


def test_parameters_are_numbered_and_come_in_that_order() -> None:
    statement = sa.select(readings.c.value).where(readings.c.name.in_(["a", "b"]), readings.c.value > 5.5).limit(3)
    text, parameters = compile_for_duckdb(statement)
    assert [parameters[int(number) - 1] for number in _numbers(text)] == ["a", "b", 5.5, 3]
    assert "5.5" not in text


def test_each_engine_gets_its_own_names_for_the_same_figures() -> None:
    statement = sa.select(mean(readings.c.value), latest(readings.c.name, readings.c.value)).where(readings.c.flag)
    assert "favg(readings.value), arg_max(readings.name, readings.value)" in _flat(compile_for_duckdb(statement)[0])
    assert "avg(readings.value), max_by(readings.name, readings.value)" in _flat(str(statement))


def _numbers(text: str) -> list[str]:
    return [part.split(")")[0].split(",")[0].split()[0] for part in text.split("$")[1:]]


def _flat(text: str) -> str:
    return text.replace(" AS mean_1", "").replace(" AS latest_1", "")
