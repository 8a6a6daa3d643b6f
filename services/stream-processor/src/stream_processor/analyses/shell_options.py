"""`python -m stream_processor.analyses.shell_options`: options of an interactive session, as Spark's properties.

`iotctl spark-shell`, `pyspark` and `notebook` start with them: the session of the analyses, but for what only reads.
"""

import argparse
import sys
from pathlib import Path

from stream_processor.analyses.application import settings_of
from stream_processor.settings import Settings
from stream_processor.spark_session import session_options
from stream_processor.tables.schemas import CATALOG

READER = "reader"
"""The user of HDFS that may write nowhere near the tables."""
_EXTENSIONS = "spark.sql.extensions"


def shell_options(settings: Settings, guard: Path) -> dict[str, str]:
    """Options for a session that only reads; `guard` is the folder of the class iot.ReadOnlyTables. Pure."""
    options = session_options(settings)
    return options | {
        "spark.master": settings.master,
        # A shell compiles what is typed: its compiler wants a deeper stack than a batch job.
        "spark.driver.extraJavaOptions": (
            f"-XX:+UseSerialGC -Xss4m -DHADOOP_USER_NAME={READER} -Djava.io.tmpdir={settings.work_dir}"
        ),
        "spark.driver.extraClassPath": f"{guard}:{options['spark.driver.extraClassPath']}",
        # Iceberg's first: the guard reads what both understand.
        _EXTENSIONS: f"{options[_EXTENSIONS]},iot.ReadOnlyTables",
        # Tables by the names that every tool knows: iot.readings.
        "spark.sql.defaultCatalog": CATALOG,
        # A shell that stays open sees the newest commit.
        f"spark.sql.catalog.{CATALOG}.cache-enabled": "false",
        # Questions are few and large here, and nobody knows how large.
        "spark.sql.adaptive.enabled": "true",
    }


def main() -> None:
    """Print the properties; everything else is the stream processor's own settings."""
    parser = argparse.ArgumentParser(prog="python -m stream_processor.analyses.shell_options", description=__doc__)
    parser.add_argument("--work-dir", type=Path, required=True, help="folder for what the session spills")
    parser.add_argument("--guard", type=Path, required=True, help="folder of the compiled guard")
    given = parser.parse_args()
    settings = settings_of("").model_copy(update={"work_dir": given.work_dir})
    for key, value in shell_options(settings, given.guard).items():
        sys.stdout.write(f"{key} {value}\n")


if __name__ == "__main__":
    main()
