import pytest
from pyspark.sql import SparkSession

from iot_contracts.tables import ANOMALIES, READINGS, TABLES, WINDOW_STATS, Column, Table
from stream_processor.tables.catalog import TABLE_PROPERTIES
from stream_processor.tables.schemas import create_table_ddl, full_name

SPARK_TYPES = {"timestamptz": "timestamp", "long": "bigint"}


def test_the_ddl_names_columns_location_partitioning_and_properties() -> None:
    table = Table(
        name="iot.small",
        location="/iot-data/small",
        columns=(Column("at", "timestamptz", True, "when"), Column("n", "long", False, "the sensor's own")),
        partitioning=("day(at)", "n"),
    )
    assert create_table_ddl(table, "hdfs://namenode:9000/", {"b": "2", "a": "1"}) == (
        "CREATE TABLE IF NOT EXISTS lake.iot.small (\n"
        "  `at` TIMESTAMP NOT NULL COMMENT 'when',\n"
        "  `n` BIGINT COMMENT 'the sensor''s own'\n"
        ")\n"
        "USING iceberg\n"
        "PARTITIONED BY (days(at), n)\n"
        "LOCATION 'hdfs://namenode:9000/iot-data/small'\n"
        "TBLPROPERTIES (\n  'a' = '1',\n  'b' = '2'\n)"
    )


@pytest.mark.usefixtures("tables")
def test_the_tables_are_made_as_the_contract_has_them(spark: SparkSession) -> None:
    for table in TABLES:
        described = spark.table(full_name(table)).schema
        assert [(field.name, field.dataType.simpleString(), field.nullable) for field in described] == [
            (column.name, SPARK_TYPES.get(column.type, column.type), not column.required) for column in table.columns
        ]
        assert [field.metadata["comment"] for field in described] == [column.doc for column in table.columns]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("table", [READINGS, ANOMALIES, WINDOW_STATS], ids=lambda table: table.name)
def test_a_table_has_its_partitioning_and_the_jobs_properties(spark: SparkSession, table: Table) -> None:
    ddl = spark.sql(f"SHOW CREATE TABLE {full_name(table)}").first()
    assert ddl is not None
    assert f"PARTITIONED BY ({table.partitioning[0].replace('day(', 'days(')})" in ddl[0]
    assert {
        f"'{key}' = '{value}'" for key, value in TABLE_PROPERTIES.items() if f"'{key}' = '{value}'" not in ddl[0]
    } == set()
