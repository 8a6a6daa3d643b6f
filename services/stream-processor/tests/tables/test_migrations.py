"""Tables follow the contract: an optional field reaches a table that has data, and what would lose data is refused."""

from collections.abc import Callable

import msgspec
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import READINGS, Column, Table
from stream_processor.errors import MigrationError
from stream_processor.tables.catalog import append
from stream_processor.tables.migrations import Present, migrate, missing_columns
from stream_processor.tables.schemas import DDL_TYPES, full_name

FIRMWARE = Column("firmware", "string", False, "version of the sensor's software")


def with_columns(*columns: Column) -> Table:
    return msgspec.structs.replace(READINGS, columns=(*READINGS.columns, *columns))


def as_it_is(table: Table) -> dict[str, Present]:
    return {
        column.name: Present(DDL_TYPES[column.type].lower(), nullable=not column.required) for column in table.columns
    }


@pytest.mark.usefixtures("tables")
def test_a_new_optional_field_reaches_a_table_that_has_data(
    spark: SparkSession,
    processed: Callable[..., DataFrame],
) -> None:
    append(processed({}), READINGS, {})
    table = with_columns(FIRMWARE)
    migrate(spark, table)
    migrate(spark, table)
    append(processed({"kafka_offset": 7}).withColumn("firmware", F.lit("2.1")), table, {})
    stored = spark.table(full_name(table)).orderBy("kafka_offset").select("kafka_offset", "firmware").collect()
    assert [tuple(row) for row in stored] == [(0, None), (7, "2.1")]


def test_a_table_that_is_as_the_contract_says_needs_nothing() -> None:
    assert missing_columns(as_it_is(READINGS), READINGS) == []


def test_a_column_that_the_contract_no_longer_has_stays() -> None:
    assert missing_columns(as_it_is(with_columns(FIRMWARE)), READINGS) == []


@pytest.mark.parametrize(
    ("present", "table", "reason"),
    [
        (READINGS, with_columns(Column("firmware", "string", True, "")), "new and required"),
        (with_columns(Column("firmware", "int", False, "")), with_columns(FIRMWARE), "is int in the table and string"),
        (with_columns(FIRMWARE), with_columns(Column("firmware", "string", True, "")), "rows that are there may lack"),
        (with_columns(Column("firmware", "string", True, "")), READINGS, "demands firmware"),
    ],
)
def test_what_rows_that_are_there_cannot_follow_is_refused(present: Table, table: Table, reason: str) -> None:
    with pytest.raises(MigrationError, match=reason):
        missing_columns(as_it_is(present), table)
