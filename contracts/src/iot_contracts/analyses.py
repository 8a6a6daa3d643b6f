"""The batch analyses: what each answers, and its result, the Iceberg table `iot.analysis_<name>`.

The stream processor writes them; others read. Column types have Iceberg's names. Each table also has `range_from` and
`range_to`: the event times that a row was made from, the end exclusive.
"""

from msgspec import Struct

from iot_contracts.tables import DATABASE

PERCENT = "%"
SECONDS = "s"
SHARE = "share"
"""A part of one: 0.25 is a quarter."""
OF_VALUES = "unit"
"""What the row's column `unit` says."""


class ResultColumn(Struct, frozen=True):
    """One column of a result: its name, Iceberg type, and the unit of its figures; empty where there is none."""

    name: str
    type: str
    unit: str = ""


class Analysis(Struct, frozen=True, kw_only=True):
    """One analysis: its name, the question that it answers, and the columns of its result."""

    name: str
    answers: str
    columns: tuple[ResultColumn, ...]

    @property
    def table(self) -> str:
        """Full name of the table of its results."""
        return f"{DATABASE}.analysis_{self.name}"


_Column = ResultColumn
_SENSOR = (_Column("sensor_id", "string"), _Column("sensor_type", "string"), _Column("location", "string"))
_STATISTICS = (
    _Column("readings", "long"),
    _Column("sensors", "long"),
    *(_Column(name, "double", OF_VALUES) for name in ("mean", "stddev", "min", "q1", "median", "q3", "max")),
    _Column("anomalies", "long"),
    _Column("anomaly_rate", "double", SHARE),
    _Column("first_reading", "timestamptz"),
    _Column("last_reading", "timestamptz"),
)

ANALYSES: tuple[Analysis, ...] = (
    Analysis(
        name="descriptive",
        answers="How are the values of each type distributed?",
        columns=(_Column("sensor_type", "string"), _Column("unit", "string"), *_STATISTICS),
    ),
    Analysis(
        name="locations",
        answers="How are the values of each type distributed at each location?",
        columns=(
            _Column("location", "string"),
            _Column("sensor_type", "string"),
            _Column("unit", "string"),
            *_STATISTICS,
        ),
    ),
    Analysis(
        name="anomalies",
        answers="How often is what anomalous, and how much of it does detection find?",
        columns=(
            _Column("dimension", "string"),
            _Column("key", "string"),
            _Column("readings", "long"),
            _Column("anomalies", "long"),
            _Column("rate", "double", SHARE),
            *(
                _Column(name, "long")
                for name in ("labelled", "true_positives", "false_positives", "false_negatives", "true_negatives")
            ),
        ),
    ),
    Analysis(
        name="episodes",
        answers="When did which sensor behave abnormally for the longest?",
        columns=(
            *_SENSOR,
            _Column("started", "timestamptz"),
            _Column("ended", "timestamptz"),
            _Column("duration_s", "double", SECONDS),
            _Column("readings", "long"),
            _Column("max_score", "double"),
            _Column("reason", "string"),
        ),
    ),
    Analysis(
        name="battery",
        answers="When is which battery empty?",
        columns=(
            _Column("sensor_id", "string"),
            _Column("location", "string"),
            _Column("level", "double", PERCENT),
            _Column("measured_at", "timestamptz"),
            _Column("state", "string"),
            _Column("hours", "long", "h"),
            _Column("percent_per_day", "double", "%/d"),
            _Column("stderr_per_day", "double", "%/d"),
            _Column("empty_at", "timestamptz"),
            _Column("empty_earliest", "timestamptz"),
            _Column("empty_latest", "timestamptz"),
        ),
    ),
    Analysis(
        name="sensors",
        answers="Which sensors need somebody to look at them?",
        columns=(
            *_SENSOR,
            _Column("readings", "long"),
            _Column("activity_rank", "int"),
            *(_Column(name, "double", SHARE) for name in ("anomaly_rate", "silent_share", "stuck_share")),
            *(_Column(name, "double", "points") for name in ("score", "anomaly_part", "silence_part", "stuck_part")),
            _Column("is_problem", "boolean"),
        ),
    ),
    Analysis(
        name="correlations",
        answers="Which types move together at a location, and with what delay?",
        columns=(
            _Column("location", "string"),
            _Column("type_a", "string"),
            _Column("type_b", "string"),
            _Column("lag_minutes", "int", "min"),
            _Column("correlation", "double"),
            _Column("buckets", "long"),
            _Column("is_strongest", "boolean"),
        ),
    ),
    Analysis(
        name="profiles",
        answers="What is normal at which hour and on which weekday?",
        columns=(
            _Column("dimension", "string"),
            _Column("position", "int"),
            _Column("sensor_type", "string"),
            _Column("unit", "string"),
            _Column("readings", "long"),
            *(_Column(name, "double", OF_VALUES) for name in ("mean", "min", "max")),
            _Column("anomaly_rate", "double", SHARE),
        ),
    ),
    Analysis(
        name="quality",
        answers="Which sensors have gaps, late readings, wrong clocks or stuck values?",
        columns=(
            *_SENSOR,
            _Column("readings", "long"),
            _Column("interval_s", "double", SECONDS),
            _Column("gaps", "long"),
            _Column("longest_gap_s", "double", SECONDS),
            _Column("silent_s", "double", SECONDS),
            _Column("silent_share", "double", SHARE),
            _Column("late", "long"),
            _Column("ahead", "long"),
            _Column("max_ahead_s", "double", SECONDS),
            _Column("longest_stuck_readings", "long"),
            _Column("longest_stuck_s", "double", SECONDS),
            _Column("stuck_share", "double", SHARE),
            _Column("is_flat", "boolean"),
        ),
    ),
    Analysis(
        name="capacity",
        answers="How fast do the stored data grow, and when is the disk full?",
        columns=(
            _Column("day", "date"),
            _Column("readings", "long"),
            *(_Column(name, "double" if "_per_" in name else "long", "B")
              for name in ("bytes", "bytes_per_reading", "bytes_per_day", "free_bytes")),
            _Column("days_until_full", "double", "d"),
        ),
    ),
)  # fmt: skip
RANGE_COLUMNS = (_Column("range_from", "timestamptz"), _Column("range_to", "timestamptz"))
RUNS_TABLE = f"{DATABASE}.analysis_runs"
RUN_COLUMNS = (
    _Column("analysis", "string"),
    _Column("snapshot_id", "long"),
    _Column("input_rows", "long"),
    _Column("rows", "long"),
    _Column("duration_s", "double", SECONDS),
    _Column("finished_at", "timestamptz"),
)
"""`iot.analysis_runs`: the last run of each analysis and range, with its range columns."""
