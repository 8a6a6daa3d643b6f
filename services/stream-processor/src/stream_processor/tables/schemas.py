"""The tables of the contract in Spark's terms: their names and their DDL. Pure."""

from iot_contracts.tables import Column, Table

CATALOG = "lake"
DDL_TYPES = {
    "string": "STRING",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "int": "INT",
    "long": "BIGINT",
    "timestamptz": "TIMESTAMP",
    "binary": "BINARY",
}


def full_name(table: Table) -> str:
    """The table's name with the catalog, as Spark wants it."""
    return f"{CATALOG}.{table.name}"


def table_location(table: Table, hdfs_uri: str) -> str:
    """The table's folder below `hdfs_uri`."""
    return f"{hdfs_uri.rstrip('/')}{table.location}"


def create_table_ddl(table: Table, hdfs_uri: str, properties: dict[str, str]) -> str:
    """CREATE TABLE IF NOT EXISTS of a table of the contract at its location below `hdfs_uri`."""
    columns = ",\n  ".join(column_ddl(column) for column in table.columns)
    options = ",\n  ".join(f"'{key}' = '{value}'" for key, value in sorted(properties.items()))
    return (
        f"CREATE TABLE IF NOT EXISTS {full_name(table)} (\n  {columns}\n)\n"
        f"USING iceberg\n"
        f"PARTITIONED BY ({', '.join(_spark_transform(item) for item in table.partitioning)})\n"
        f"LOCATION '{table_location(table, hdfs_uri)}'\n"
        f"TBLPROPERTIES (\n  {options}\n)"
    )


def column_ddl(column: Column) -> str:
    """A column as CREATE TABLE and ADD COLUMNS take it."""
    required = " NOT NULL" if column.required else ""
    return f"`{column.name}` {DDL_TYPES[column.type]}{required} COMMENT '{column.doc.replace(chr(39), chr(39) * 2)}'"


def _spark_transform(transform: str) -> str:
    """Spark's DDL says `days(x)` where Iceberg says `day(x)`."""
    name, _, rest = transform.partition("(")
    return f"{name}s({rest}" if name in ("year", "month", "day", "hour") else transform
