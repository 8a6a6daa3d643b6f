"""Which messages are readings: every rule of the contract as a column that holds the reason, or null."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.dead_letters import DeadLetterReason
from iot_contracts.readings import EARLIEST_EVENT_TIME, LATEST_EVENT_TIME
from stream_processor.contract_fields import ContractField

# RFC 3339 with an offset, as strict as the contract's own decoder; Java takes no offset of more than 18 hours.
_RFC_3339 = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:?[0-9]{2})\z"
_UUID = r"^([0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\z"
# The very end: `$` would let a line break follow.
_END = r"\z"


def validate(parsed: DataFrame, fields: tuple[ContractField, ...]) -> DataFrame:
    """Flatten `reading` into typed columns and say what is wrong with it.

    In: the columns of `parse`.
    Out: the contract's fields under the table's names (`timestamp` as `event_timestamp`), the Kafka columns,
    `dead_letter_reason` and `dead_letter_detail` (both null for a valid reading) and `payload`, kept only for
    an invalid one. `reading_id` is in its canonical form.
    """
    texts = {field.name: _text(field.name) for field in fields if field.is_json_string}
    read = parsed.select("*", *(text.alias(f"_{name}") for name, text in texts.items()))
    judged = read.select("*", _first_problem(fields).alias("_problem"))
    return judged.select(
        *(_typed(field) for field in fields),
        "kafka_partition",
        "kafka_offset",
        "kafka_timestamp",
        F.col("_problem.reason").alias("dead_letter_reason"),
        F.col("_problem.detail").alias("dead_letter_detail"),
        F.when(F.col("_problem").isNotNull(), F.col("payload")).alias("payload"),
    )


def _text(name: str) -> Column:
    """The string in a VARIANT field, or null when the variant holds anything else."""
    value = F.col(f"reading.{name}")
    return F.when(F.schema_of_variant(value) == "STRING", F.try_variant_get(value, "$", "string"))


def _typed(field: ContractField) -> Column:
    if field.kind == "uuid":
        return _canonical_uuid(F.col(f"_{field.name}")).alias(field.name)
    if field.kind == "time":
        return _time(F.col(f"_{field.name}")).alias("event_timestamp")
    if field.kind == "text":
        return F.col(f"_{field.name}").alias(field.name)
    return F.col(f"reading.{field.name}").alias(field.name)


def _canonical_uuid(text: Column) -> Column:
    digits = F.lower(F.translate(text, "-", ""))
    cuts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return F.concat_ws("-", *(F.substring(digits, start, length) for start, length in cuts))


def _time(text: Column) -> Column:
    """The instant, to the microsecond (further digits are cut), or null when there is none such."""
    upper = F.upper(text)
    with_colon = F.when(
        upper.rlike(r"[+-][0-9]{4}$"),
        F.concat(upper.substr(F.lit(1), F.length(upper) - 2), F.lit(":"), F.right(upper, F.lit(2))),
    ).otherwise(upper)
    return with_colon.try_cast("timestamp")


def _problem(reason: DeadLetterReason, detail: str) -> Column:
    return F.struct(F.lit(reason.value).alias("reason"), F.lit(detail).alias("detail"))


def _first_problem(fields: tuple[ContractField, ...]) -> Column:
    """The first rule that the message breaks, as a struct of reason and detail, or null."""
    not_json = F.when(
        F.col("reading").isNull(),
        _problem(DeadLetterReason.NOT_JSON, "the message is not one JSON object in UTF-8"),
    )
    optional = ", ".join(field.name for field in fields if not field.required)
    wrong_type = F.when(
        F.col("malformed"),
        _problem(DeadLetterReason.INVALID_FIELD, f"one of {optional} has the wrong JSON type"),
    )
    return F.coalesce(not_json, *(_field_problem(field) for field in fields), wrong_type)


def _field_problem(field: ContractField) -> Column:
    raw = F.col(f"reading.{field.name}")
    missing = _problem(DeadLetterReason.MISSING_FIELD, f"{field.name} is missing, null or of the wrong JSON type")
    invalid = _problem(DeadLetterReason.INVALID_FIELD, f"{field.name}: expected {_expectation(field)}")
    keeps = F.coalesce(_keeps_the_rules(field), F.lit(False))
    if field.required:
        return F.when(raw.isNull(), missing).when(~keeps, invalid)
    return F.when(raw.isNotNull() & ~keeps, invalid)


def _keeps_the_rules(field: ContractField) -> Column:
    if field.kind == "flag":
        return F.lit(True)
    if field.kind == "number":
        return _number_keeps_the_rules(field)
    text = F.col(f"_{field.name}")
    if field.kind == "uuid":
        return text.rlike(_UUID)
    if field.kind == "time":
        return text.rlike(_RFC_3339) & _time(text).between(
            F.lit(EARLIEST_EVENT_TIME.isoformat()).cast("timestamp"),
            F.lit(LATEST_EVENT_TIME.isoformat()).cast("timestamp"),
        )
    return _text_keeps_the_rules(field)


def _number_keeps_the_rules(field: ContractField) -> Column:
    number = F.col(f"reading.{field.name}")
    rules = [F.abs(number) < F.lit(float("inf"))]
    if field.minimum is not None:
        rules.append(number >= F.lit(float(field.minimum)))
    if field.maximum is not None:
        rules.append(number <= F.lit(float(field.maximum)))
    return reduce(Column.__and__, rules)


def _text_keeps_the_rules(field: ContractField) -> Column:
    text = F.col(f"_{field.name}")
    rules = [F.length(text) >= F.lit(field.min_length or 0)]
    if field.max_length is not None:
        rules.append(F.length(text) <= F.lit(field.max_length))
    if field.pattern is not None:
        rules.append(text.rlike(field.pattern.removesuffix("$") + _END))
    return reduce(Column.__and__, rules)


def _expectation(field: ContractField) -> str:
    if field.kind == "uuid":
        return "a UUID"
    if field.kind == "time":
        return "an RFC 3339 date and time with an offset"
    if field.kind == "number":
        limits = [
            f"{word} {limit:g}" for word, limit in (("from", field.minimum), ("to", field.maximum)) if limit is not None
        ]
        return " ".join(["a finite number", *limits])
    limits = [f"{field.min_length or 0} to {field.max_length} characters" if field.max_length else "a string"]
    return " ".join([*limits, f"that match {field.pattern}" if field.pattern else ""]).strip()
