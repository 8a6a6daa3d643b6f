"""The stream processor's own time, as a column."""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere


def now() -> Column:
    """The clock's time, read row by row, to the millisecond.

    Not current_timestamp(): Spark writes that into the generated code as a number, so that every micro-batch would
    compile its 2,000 lines anew, and the JVM would never get to optimise them.
    """
    millis = F.reflect(F.lit("java.lang.System"), F.lit("currentTimeMillis"))
    return F.timestamp_millis(millis.cast("long"))
