"""What keeps Spark's SQL from writing: compiled from its sources by the compiler that is among Spark's jars."""

from __future__ import annotations

import hashlib
import shutil

from stack.commands import run
from stack.paths import BUNDLED_JAVA_HOME, INFRA, SPARK_HOME, THRIFT_GUARD

SOURCES = (INFRA / "thrift" / "ReadOnly.scala", INFRA / "spark" / "ReadOnlyTables.scala")
"""Of the Thrift server, and of shells."""
_STAMP = THRIFT_GUARD / "compiled-from"


def is_compiled() -> bool:
    """Tell whether the classes are those of these sources and this Spark."""
    return _STAMP.exists() and _STAMP.read_text() == _compiled_from()


def compile_guard() -> None:
    """Compile them, unless that is done. Raises IotctlError."""
    if is_compiled():
        return
    shutil.rmtree(THRIFT_GUARD, ignore_errors=True)
    THRIFT_GUARD.mkdir(parents=True)
    # It runs for seconds: what the thorough compiler gives comes too late.
    java = (BUNDLED_JAVA_HOME / "bin" / "java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    scala = ("-cp", f"{SPARK_HOME}/jars/*", "scala.tools.nsc.Main", "-usejavacp", "-d", THRIFT_GUARD, *SOURCES)
    run("guards of Spark's SQL", [*java, *scala])
    _STAMP.write_text(_compiled_from())


def _compiled_from() -> str:
    spark = ", ".join(path.name for path in (SPARK_HOME / "jars").glob("spark-sql_*.jar"))
    sources = b"".join(source.read_bytes() for source in SOURCES)
    return f"{hashlib.sha256(sources).hexdigest()} for {spark}"
