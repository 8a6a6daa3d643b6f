"""All analyses by name, each cut to the schema of its result."""

from collections.abc import Callable
from typing import Final, cast

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere
from pyspark.sql.types import StructType

from stream_processor.analyses.anomalies import anomalies, episodes
from stream_processor.analyses.battery import battery
from stream_processor.analyses.capacity import capacity
from stream_processor.analyses.inputs import Inputs
from stream_processor.analyses.patterns import correlations, profiles
from stream_processor.analyses.quality import quality
from stream_processor.analyses.results import SCHEMAS
from stream_processor.analyses.sensors import sensors
from stream_processor.analyses.statistics import descriptive, locations

ANALYSES: Final[dict[str, Callable[[Inputs], DataFrame]]] = {
    "descriptive": descriptive,
    "locations": locations,
    "anomalies": anomalies,
    "episodes": episodes,
    "battery": battery,
    "sensors": sensors,
    "correlations": correlations,
    "profiles": profiles,
    "quality": quality,
    "capacity": capacity,
}


def result_of(name: str, inputs: Inputs) -> DataFrame:
    """One analysis over `inputs`, its columns and their types as `SCHEMAS` says, its rows in a fixed order."""
    schema = cast(StructType, StructType.fromDDL(SCHEMAS[name]))
    columns = [F.col(field.name).cast(field.dataType).alias(field.name) for field in schema.fields]
    return ANALYSES[name](inputs).select(*columns).orderBy(*schema.names)
