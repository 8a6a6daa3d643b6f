"""Brings the columns of a table that is there to the contract: new ones are added, and what would lose data is refused.

Iceberg adds a column by a commit of metadata alone: no file is read or written, and in the rows that are there it is
null (https://iceberg.apache.org/docs/latest/evolution/).
"""

from collections.abc import Mapping
from typing import NamedTuple

from pyspark.sql import SparkSession

from iot_contracts.tables import Column, Table
from service_kit.logging import get_logger
from stream_processor.errors import MigrationError
from stream_processor.tables.schemas import DDL_TYPES, column_ddl, full_name

_log = get_logger(__name__)


class Present(NamedTuple):
    """A column as it is in the table: Spark's name of its type, and whether it may be null."""

    type: str
    nullable: bool


def migrate(spark: SparkSession, table: Table) -> None:
    """Add the columns that the table lacks. Raises MigrationError."""
    fields = spark.table(full_name(table)).schema.fields
    present = {field.name: Present(field.dataType.simpleString(), field.nullable) for field in fields}
    missing = missing_columns(present, table)
    if missing:
        spark.sql(f"ALTER TABLE {full_name(table)} ADD COLUMNS ({', '.join(map(column_ddl, missing))})")
        _log.info("columns were added", table=table.name, columns=[column.name for column in missing])


def missing_columns(present: Mapping[str, Present], table: Table) -> list[Column]:
    """The columns of the contract that are not in the table, in order. Pure.

    Raises MigrationError when the contract demands what rows that are there don't have, or lacks what the table
    demands of new ones.
    """
    for column in table.columns:
        _check(table, column, present.get(column.name))
    known = {column.name for column in table.columns}
    demanded = sorted(name for name, column in present.items() if name not in known and not column.nullable)
    if demanded:
        raise MigrationError(
            f"{table.name} demands {', '.join(demanded)}, which the contract no longer has. Put it back, or make it "
            f"optional in the table first: ALTER TABLE {full_name(table)} ALTER COLUMN {demanded[0]} DROP NOT NULL"
        )
    return [column for column in table.columns if column.name not in present]


def _check(table: Table, column: Column, present: Present | None) -> None:
    wanted = DDL_TYPES[column.type].lower()
    if present is None:
        if column.required:
            raise MigrationError(
                f"{column.name} of {table.name} is new and required, but the rows that are there have none. "
                "Make it optional in the contract"
            )
    elif present.type != wanted:
        raise MigrationError(
            f"{column.name} of {table.name} is {present.type} in the table and {wanted} in the contract. Give the new "
            "type a column of another name"
        )
    elif column.required and present.nullable:
        raise MigrationError(
            f"{column.name} of {table.name} is required in the contract, but rows that are there may lack it. "
            "Make it optional in the contract"
        )
