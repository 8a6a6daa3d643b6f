"""An anomaly: a reading that detection found anomalous, on topic `iot-anomalies` after it was committed."""

from typing import Annotated

from msgspec import Meta

from iot_contracts.readings import Reading


class Anomaly(Reading, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An anomalous reading as it was sent, what the detector says of it, and where it stood in `iot-sensors`."""

    anomaly_score: Annotated[float, Meta(ge=0, description="0 is normal; the detector's scores end at 1.")]
    anomaly_reason: Annotated[str, Meta(description="One human-readable sentence.")]
    expected_low: Annotated[float | None, Meta(description="Lowest value that was expected, in `unit`.")] = None
    expected_high: Annotated[float | None, Meta(description="Highest value that was expected, in `unit`.")] = None
    kafka_partition: Annotated[int, Meta(ge=0)]
    kafka_offset: Annotated[int, Meta(ge=0)]
