"""The guard of the Thrift server: compiled from its source by the compiler that is among Spark's jars."""

from __future__ import annotations

import hashlib
import shutil

from stack.commands import run
from stack.paths import BUNDLED_JAVA_HOME, INFRA, SPARK_HOME, THRIFT_GUARD

SOURCE = INFRA / "thrift" / "ReadOnly.scala"
_STAMP = THRIFT_GUARD / "compiled-from"


def is_compiled() -> bool:
    """Tell whether the classes are those of this source and this Spark."""
    return _STAMP.exists() and _STAMP.read_text() == _compiled_from()


def compile_guard() -> None:
    """Compile it, unless that is done. Raises IotctlError."""
    if is_compiled():
        return
    shutil.rmtree(THRIFT_GUARD, ignore_errors=True)
    THRIFT_GUARD.mkdir(parents=True)
    # It runs for seconds: what the thorough compiler gives comes too late.
    java = (BUNDLED_JAVA_HOME / "bin" / "java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    scala = ("-cp", f"{SPARK_HOME}/jars/*", "scala.tools.nsc.Main", "-usejavacp", "-d", THRIFT_GUARD, SOURCE)
    run("guard of the Thrift server", [*java, *scala])
    _STAMP.write_text(_compiled_from())


def _compiled_from() -> str:
    spark = ", ".join(path.name for path in (SPARK_HOME / "jars").glob("spark-sql_*.jar"))
    return f"{hashlib.sha256(SOURCE.read_bytes()).hexdigest()} for {spark}"
