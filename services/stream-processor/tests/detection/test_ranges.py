import math
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from iot_contracts.readings import MAX_VALUE
from iot_contracts.sensor_types import SensorType
from stream_processor.detection.ranges import detect, severity

TEMPERATURE = SensorType(name="temperature", unit="Celsius", normal_min=-5.0, normal_max=45.0)
LIGHT = SensorType(name="light", unit="lux", normal_min=0.0, normal_max=1000.0)
SCHEMA = "sensor_type string, unit string, value double"


def detected(spark: SparkSession, catalogue: tuple[SensorType, ...], *rows: tuple[Any, ...]) -> list[Row]:
    frame = detect(spark.createDataFrame(list(rows), SCHEMA), catalogue)
    return frame.select("*", severity().alias("severity")).collect()


def test_a_value_on_either_limit_is_normal_and_one_past_it_is_not(spark: SparkSession) -> None:
    values = (-5.0, 45.0, 20.0, -5.000001, 45.000001)
    rows = detected(spark, (LIGHT, TEMPERATURE), *(("temperature", "Celsius", value) for value in values))
    assert [row["detected_anomaly"] for row in rows] == [False, False, False, True, True]
    assert [row["anomaly_score"] for row in rows[:3]] == [0.0, 0.0, 0.0]
    assert [row["anomaly_reason"] for row in rows[:3]] == [None, None, None]


def test_the_score_is_the_distance_in_widths_of_the_range(spark: SparkSession) -> None:
    cases = (("temperature", "Celsius", 70.0), ("temperature", "Celsius", -10.0), ("light", "lux", 1100.0))
    rows = detected(spark, (LIGHT, TEMPERATURE), *cases)
    assert [row["anomaly_score"] for row in rows] == [0.5, 0.1, 0.1]


def test_the_reason_tells_value_unit_side_and_range(spark: SparkSession) -> None:
    cases = (("temperature", "Celsius", 70.0), ("light", "lux", -0.5))
    assert [row["anomaly_reason"] for row in detected(spark, (LIGHT, TEMPERATURE), *cases)] == [
        "70.0 Celsius is above the normal range of temperature, -5.0 to 45.0",
        "-0.5 lux is below the normal range of light, 0.0 to 1000.0",
    ]


def test_severity_grows_with_the_score(spark: SparkSession) -> None:
    values = (45.5, 49.999, 50.0, 69.999, 70.0, -30.0)
    rows = detected(spark, (TEMPERATURE,), *(("temperature", "Celsius", value) for value in values))
    assert [row["severity"] for row in rows] == ["low", "low", "medium", "medium", "high", "high"]


@pytest.mark.parametrize("catalogue", [(TEMPERATURE,), ()], ids=["known types", "empty catalogue"])
def test_an_unknown_type_or_another_unit_has_no_anomaly(spark: SparkSession, catalogue: tuple[SensorType, ...]) -> None:
    rows = detected(spark, catalogue, ("noise", "dB", 1e300), ("temperature", "Kelvin", 290.0), (None, None, None))
    assert [(row["detected_anomaly"], row["anomaly_score"], row["anomaly_reason"]) for row in rows] == [
        (False, 0.0, None)
    ] * 3


def test_a_score_is_finite_however_narrow_the_range(spark: SparkSession) -> None:
    narrow = SensorType(name="noise", unit="dB", normal_min=0.0, normal_max=5e-324)
    (row,) = detected(spark, (narrow,), ("noise", "dB", MAX_VALUE))
    assert (row["detected_anomaly"], math.isfinite(row["anomaly_score"])) == (True, True)


def test_the_columns_that_were_there_stay(spark: SparkSession) -> None:
    (row,) = detected(spark, (TEMPERATURE,), ("temperature", "Celsius", 20.0))
    added = ["anomaly_score", "detected_anomaly", "anomaly_reason", "severity"]
    assert row.asDict().keys() == {"sensor_type", "unit", "value", *added}
