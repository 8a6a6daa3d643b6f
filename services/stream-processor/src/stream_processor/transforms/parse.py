"""From Kafka's bytes to a struct of the contract's fields."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from stream_processor.contract_fields import ContractField
from stream_processor.table_schemas import MALFORMED, envelope_type

_OPTIONS = {
    "mode": "PERMISSIVE",
    "columnNameOfCorruptRecord": MALFORMED,
    "allowNonNumericNumbers": "false",
    "allowSingleQuotes": "false",
}


def parse(messages: DataFrame, fields: tuple[ContractField, ...]) -> DataFrame:
    """Parse each message's JSON.

    In: Kafka's `value`, `partition`, `offset`, `timestamp`.
    Out: `payload` (the bytes), `kafka_partition`, `kafka_offset`, `kafka_timestamp`, `reading` (struct, null
    when the message is not one JSON object in UTF-8) and `malformed` (some field has the wrong JSON type).

    The text is parsed inside an envelope, since from_json ignores what follows the first JSON value: with the
    envelope `{…}{…}` is an error and not its first half.
    """
    text = F.col("value").cast("string")
    envelope = F.from_json(F.concat(F.lit('{"reading":'), text, F.lit("}")), envelope_type(fields), _OPTIONS)
    return messages.select(
        F.col("value").alias("payload"),
        F.col("partition").alias("kafka_partition"),
        F.col("offset").alias("kafka_offset"),
        F.col("timestamp").alias("kafka_timestamp"),
        F.when(F.is_valid_utf8(text), envelope).alias("envelope"),
    ).select(
        "payload",
        "kafka_partition",
        "kafka_offset",
        "kafka_timestamp",
        F.col("envelope.reading").alias("reading"),
        F.col(f"envelope.{MALFORMED}").isNotNull().alias("malformed"),
    )
