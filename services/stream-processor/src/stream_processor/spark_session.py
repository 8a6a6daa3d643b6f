"""The Spark session: every option with its reason."""

import logging
import os
from pathlib import Path

from pyspark.sql import SparkSession

from stream_processor.errors import JarsMissingError
from stream_processor.settings import Settings
from stream_processor.tables.schemas import CATALOG

_COMPILE_LATE = (
    "-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000 "
    "-XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
)
"""Ten times the JVM's defaults. Planning and committing small batches took the thorough compiler a third of the CPU in
the third minute and gave little back; what a large batch does a million times is still compiled at once."""
# The readings of two minutes are few: compiling code that processes them faster costs more than it saves (13 s of CPU
# for the first derivation, against 9 s without).
_MAINTENANCE_OPTIONS = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
CONNECTORS = ("iceberg-spark-runtime", "spark-sql-kafka")


def open_session(settings: Settings) -> SparkSession:
    """Start the driver's JVM with a session. Raises JarsMissingError when a connector is not there."""
    _require_connectors(settings.jars_dir)
    # It reports every callback of every micro-batch.
    logging.getLogger("py4j").setLevel(logging.WARNING)
    settings.work_dir.mkdir(parents=True, exist_ok=True)
    # The workers compile their loops once a machine and not once a process.
    os.environ.setdefault("NUMBA_CACHE_DIR", str(settings.numba_dir))
    if settings.hadoop_conf_dir:
        os.environ["HADOOP_CONF_DIR"] = str(settings.hadoop_conf_dir)
    builder = SparkSession.builder.appName("stream-processor").master(settings.master)
    for key, value in session_options(settings).items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def open_maintenance_session(spark: SparkSession, settings: Settings) -> SparkSession:
    """A second session of the same application: what it sets for its commits does not reach the streaming query's.

    Spark gives a new session the context's options, but not those that the first one was built with.
    """
    session = spark.newSession()
    for key, value in session_options(settings).items():
        if key.startswith((f"spark.sql.catalog.{CATALOG}", "spark.sql.session.")):
            session.conf.set(key, value)
    for key, value in _MAINTENANCE_OPTIONS.items():
        session.conf.set(key, value)
    # Iceberg looks names up in the thread's active session, and this thread's JVM twin has none yet.
    SparkSession._get_j_spark_session_class(session._jvm).setActiveSession(session._jsparkSession)
    return session


def session_options(settings: Settings) -> dict[str, str]:
    """All options of the session."""
    return {**_process_options(settings), **_streaming_options(settings), **_table_options(settings)}


def _require_connectors(jars_dir: Path) -> None:
    names = [path.name for path in jars_dir.glob("*.jar")]
    missing = [connector for connector in CONNECTORS if not any(name.startswith(connector) for name in names)]
    if missing:
        raise JarsMissingError(f"{', '.join(missing)} not in {jars_dir}; `make up` brings the jars")


def _process_options(settings: Settings) -> dict[str, str]:
    log4j = Path(__file__).with_name("log4j2.properties")
    return {
        "spark.driver.memory": f"{settings.driver_memory_mb}m",
        # One collector thread and small stacks: the driver is idle between batches and shares two cores.
        "spark.driver.extraJavaOptions": (
            f"-XX:+UseSerialGC -Xss512k -XX:MaxMetaspaceSize=320m -XX:ReservedCodeCacheSize=160m {_COMPILE_LATE} "
            f"-Dlog4j2.configurationFile=file:{log4j} -Djava.io.tmpdir={settings.work_dir}"
        ),
        "spark.driver.extraClassPath": f"{settings.jars_dir}/*",
        "spark.driver.host": settings.host,
        "spark.driver.bindAddress": settings.host,
        "spark.local.dir": str(settings.work_dir / "spark"),
        "spark.sql.warehouse.dir": f"{settings.warehouse}/warehouse",
        "spark.sql.session.timeZone": "UTC",
        # Base64 without line breaks (RFC 4648), as the contract's decoder wants it.
        "spark.sql.chunkBase64String.enabled": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # What the status store remembers grows for ever otherwise, at two jobs a batch.
        "spark.ui.retainedJobs": "20",
        "spark.ui.retainedStages": "20",
        "spark.ui.retainedTasks": "200",
        "spark.sql.ui.retainedExecutions": "5",
        "spark.ui.dagGraph.retainedRootRDDs": "20",
        "spark.sql.shuffle.partitions": str(settings.shuffle_partitions),
        # Re-planning after each stage costs small batches more than it saves.
        "spark.sql.adaptive.enabled": "false",
    }


def _streaming_options(settings: Settings) -> dict[str, str]:
    return {
        "spark.sql.streaming.minBatchesToRetain": "20",
        "spark.sql.streaming.numRecentProgressUpdates": "5",
        # Spark stops the query between batches and not in the middle of one.
        "spark.sql.streaming.stopTimeout": f"{settings.shutdown_timeout_s}s",
    }


def _table_options(settings: Settings) -> dict[str, str]:
    catalog = f"spark.sql.catalog.{CATALOG}"
    return {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.type": "hive",
        f"{catalog}.uri": settings.metastore_uri,
        f"{catalog}.warehouse": settings.warehouse,
        "spark.hadoop.fs.defaultFS": settings.hdfs_uri,
        # Of the lock that a commit holds in the metastore. It is deleted 30 s after its last sign of life
        # (metastore.txn.timeout), so that one left by a killed process holds nobody up for long.
        "spark.hadoop.iceberg.hive.lock-heartbeat-interval-ms": "5000",
        "spark.hadoop.iceberg.hive.lock-check-max-wait-ms": "1000",
        # A client asks the NameNode whether a file is complete; by default only after 400 ms, which every
        # small file of a micro-batch would wait for.
        "spark.hadoop.dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "10",
    }
