"""From Kafka's bytes to a struct of the contract's fields."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.readings import MAX_BRACKETS
from stream_processor.contract_fields import ContractField
from stream_processor.table_schemas import MALFORMED, envelope_type

_OPTIONS = {
    "mode": "PERMISSIVE",
    "columnNameOfCorruptRecord": MALFORMED,
    "allowNonNumericNumbers": "false",
    "allowSingleQuotes": "false",
}
_SURROGATE = r"\\u[Dd][89A-Fa-f]"
_ESCAPED_BACKSLASH_OR_PAIR = r"\\\\|\\u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}"


def parse(messages: DataFrame, fields: tuple[ContractField, ...]) -> DataFrame:
    """Parse each message's JSON.

    In: Kafka's `value`, `partition`, `offset`, `timestamp`.
    Out: `payload` (the bytes), `kafka_partition`, `kafka_offset`, `kafka_timestamp`, `reading` (struct, null
    when the message is not one JSON object in UTF-8) and `malformed` (some field has the wrong JSON type).

    The text is parsed inside an envelope, since at the top level from_json does not tell what has the wrong type.
    What differs from `iot_domain.decoding`, by which every other consumer judges: a field that stands in the message
    twice is checked only where it stands last; and Jackson takes no field name of more than 50,000 characters.
    """
    text = F.col("value").cast("string")
    text = F.when(_is_within_limits(text), text)
    envelope = F.from_json(F.concat(F.lit('{"reading":'), text, F.lit("}")), envelope_type(fields), _OPTIONS)
    return messages.select(
        F.col("value").alias("payload"),
        F.col("partition").alias("kafka_partition"),
        F.col("offset").alias("kafka_offset"),
        F.col("timestamp").alias("kafka_timestamp"),
        F.when(F.is_valid_utf8(text) & _is_one_value(text) & ~_has_lone_surrogate(text), envelope).alias("envelope"),
    ).select(
        "payload",
        "kafka_partition",
        "kafka_offset",
        "kafka_timestamp",
        F.col("envelope.reading").alias("reading"),
        F.col(f"envelope.{MALFORMED}").isNotNull().alias("malformed"),
    )


def _is_within_limits(text: Column) -> Column:
    """Whether the text has few enough brackets: nested deeper, a field that is read as VARIANT would overflow the
    thread's stack, and with it end the JVM."""
    brackets = F.length(text) - F.length(F.translate(text, "[{", ""))
    return (F.length(text) <= F.lit(MAX_BRACKETS)) | (brackets <= F.lit(MAX_BRACKETS))


def _is_one_value(text: Column) -> Column:
    """Whether nothing but white space follows the text's first JSON value.

    from_json ignores what follows the end of the envelope, and what follows the value may be the envelope's
    own end: `{…}}` or `{…},"reading":{…}`. In an array the same text is broken, or two values.
    """
    return F.coalesce(F.json_array_length(F.concat(F.lit("["), text, F.lit("]"))) == 1, F.lit(False))


def _has_lone_surrogate(text: Column) -> Column:
    """Whether an escape is half a character: no Unicode text holds it, and Spark would read a question mark."""
    rest = F.regexp_replace(text, _ESCAPED_BACKSLASH_OR_PAIR, "")
    return F.when(text.contains(r"\u"), rest.rlike(_SURROGATE)).otherwise(F.lit(False))
