"""`iot.anomalies`: the readings that detection found anomalous. Derived from `iot.readings`."""

from pyspark.sql import DataFrame, SparkSession

from iot_contracts.tables import ANOMALIES
from stream_processor.tables.catalog import append


def derive(_spark: SparkSession, new_readings: DataFrame, properties: dict[str, str]) -> None:
    """Append the anomalous ones of the readings that came since the last derivation."""
    anomalous = new_readings.where("detected_anomaly").select(*(column.name for column in ANOMALIES.columns))
    append(anomalous.coalesce(1), ANOMALIES, properties)
