"""The contract in Spark's terms: the struct a message is parsed into, and the DDL of the tables."""

from pyspark.sql.types import BooleanType, DataType, DoubleType, StringType, StructField, StructType, VariantType

from iot_contracts.tables import Column, Table
from stream_processor.contract_fields import ContractField

CATALOG = "lake"
MALFORMED = "_malformed"
_DDL_TYPES = {
    "string": "STRING",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "int": "INT",
    "long": "BIGINT",
    "timestamptz": "TIMESTAMP",
}


def message_type(fields: tuple[ContractField, ...]) -> StructType:
    """The struct that a message's JSON is parsed into.

    Strings are parsed as VARIANT, since from_json turns *any* JSON value of a string column into text:
    only a variant still tells "42" from 42.
    """
    return StructType([StructField(field.name, _parsed_type(field)) for field in fields])


def _parsed_type(field: ContractField) -> DataType:
    if field.is_json_string:
        return VariantType()
    return BooleanType() if field.kind == "flag" else DoubleType()


def envelope_type(fields: tuple[ContractField, ...]) -> StructType:
    """`{"reading": message}`, with a column that holds the text when any part of it did not fit."""
    return StructType(
        [StructField("reading", message_type(fields)), StructField(MALFORMED, StringType())],
    )


def full_name(table: Table) -> str:
    """The table's name with the catalog, as Spark wants it."""
    return f"{CATALOG}.{table.name}"


def create_table_ddl(table: Table, hdfs_uri: str, properties: dict[str, str]) -> str:
    """CREATE TABLE IF NOT EXISTS of a table of the contract at its location below `hdfs_uri`."""
    columns = ",\n  ".join(_column_ddl(column) for column in table.columns)
    options = ",\n  ".join(f"'{key}' = '{value}'" for key, value in sorted(properties.items()))
    return (
        f"CREATE TABLE IF NOT EXISTS {full_name(table)} (\n  {columns}\n)\n"
        f"USING iceberg\n"
        f"PARTITIONED BY ({', '.join(_spark_transform(item) for item in table.partitioning)})\n"
        f"LOCATION '{hdfs_uri.rstrip('/')}{table.location}'\n"
        f"TBLPROPERTIES (\n  {options}\n)"
    )


def _column_ddl(column: Column) -> str:
    required = " NOT NULL" if column.required else ""
    return f"`{column.name}` {_DDL_TYPES[column.type]}{required} COMMENT '{column.doc.replace(chr(39), chr(39) * 2)}'"


def _spark_transform(transform: str) -> str:
    """Spark's DDL says `days(x)` where Iceberg says `day(x)`."""
    name, _, rest = transform.partition("(")
    return f"{name}s({rest}" if name in ("year", "month", "day", "hour") else transform
