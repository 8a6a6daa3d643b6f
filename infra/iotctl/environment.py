"""The environment of a stack's programs, in one place: every address, folder and file that they are told."""

from __future__ import annotations

from collections.abc import Mapping

from iotctl import durability
from iotctl.paths import (
    BUNDLED_JAVA_HOME,
    FRONTEND,
    INFRA,
    JARS,
    LOCAL,
    NODE_HOME,
    PROJECT,
    venv_python,
)
from iotctl.postgres_place import PostgresPlace
from iotctl.programs import SERVICES
from iotctl.settings import Settings

# Of the person's own environment the programs get only these.
HANDED_ON = (
    *("HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
SIMULATOR_KEY = "simulator-api-key"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def stack_environment(
    settings: Settings, postgres: PostgresPlace, user: str, outer: Mapping[str, str]
) -> dict[str, str]:
    """Return everything that the programs of a stack find in their environment."""
    return {
        **{name: outer[name] for name in HANDED_ON if name in outer},
        **_process_environment(settings, user),
        **_component_environment(settings, postgres, user),
        **_service_environment(settings),
        **settings.service_settings,
    }


def _process_environment(settings: Settings, user: str) -> dict[str, str]:
    java_home = settings.java_home or BUNDLED_JAVA_HOME
    return {
        "PATH": f"{java_home}/bin:{NODE_HOME}/bin:{_SYSTEM_PATH}",
        "PYTHONUNBUFFERED": "1",
        # glibc otherwise keeps up to 8 heaps a core in every JVM and Python process.
        "MALLOC_ARENA_MAX": "2",
        "IOT_HOME": str(PROJECT),
        "IOT_LOCAL": str(LOCAL),
        "IOT_USER": user,
        "IOT_JAVA_HOME": str(java_home),
        "IOT_JARS_DIR": str(JARS),
        "IOT_LOGS_DIR": str(settings.state.logs),
        "IOT_PIDS_DIR": str(settings.state.pids),
        "IOT_RUN_DIR": str(settings.state.run),
        "IOT_SOCKET": str(settings.state.socket),
    }


def _component_environment(settings: Settings, postgres: PostgresPlace, user: str) -> dict[str, str]:
    data = settings.state.data
    return {
        **{name: str(port) for name, port in settings.ports.items()},
        "BIND_HOST": settings.bind_host,
        "CONNECT_HOST": settings.connect_host,
        "NAMENODE_HOST": settings.namenode_host,
        "NAMENODE_BIND_HOST": settings.namenode_bind_host,
        **durability.component_environment(settings.durability),
        "HDFS_CHECKPOINT_INTERVAL_S": str(settings.checkpoint_interval_s),
        "KAFKA_DATA_DIR": str(data / "kafka"),
        "NAMENODE_DATA_DIR": str(data / "namenode"),
        "DATANODE_DATA_DIR": str(data / "datanode"),
        "HADOOP_TMP_DIR": str(settings.state.run / "hadoop"),
        "HADOOP_CONF_DIR": str(INFRA / "hdfs"),
        "HADOOP_USER_NAME": user,
        "METASTORE_DB_PASSWORD_FILE": str(settings.state.secret("metastore")),
        "METASTORE_CLASSES_DIR": str(settings.state.run / "metastore-classes"),
        "POSTGRES_HOST": settings.connect_host,
        "POSTGRES_BIN_DIR": str(postgres.bin_dir),
        "POSTGRES_CONFIG_DIR": str(postgres.config_dir),
        "POSTGRES_DATA_DIR": str(postgres.data_dir),
        "POSTGRES_USER": postgres.user or user,
    }


def _service_environment(settings: Settings) -> dict[str, str]:
    host, work = settings.connect_host, settings.state.data
    spark_python = str(venv_python("stream-processor"))
    return {
        **{f"{service.setting_prefix}_HOST": settings.bind_host for service in SERVICES},
        **{f"{service.setting_prefix}_URL": settings.url(service.setting_prefix) for service in SERVICES},
        "KAFKA_BOOTSTRAP_SERVERS": f"{host}:{settings.port('KAFKA')}",
        "HDFS_URI": settings.hdfs_uri,
        "METASTORE_URI": f"thrift://{host}:{settings.port('METASTORE')}",
        "INGEST_API_WORK_DIR": str(work / "ingest-api"),
        "QUERY_API_CACHE_DIR": str(work / "query-api" / "cache"),
        "STREAM_PROCESSOR_WORK_DIR": str(work / "stream-processor"),
        "STREAM_PROCESSOR_JARS_DIR": str(JARS / "spark"),
        "STREAM_PROCESSOR_HADOOP_CONF_DIR": str(INFRA / "hdfs"),
        "SIMULATOR_DATA_DIR": str(work / "simulator"),
        **({"SIMULATOR_API_KEY_FILE": str(settings.state.secret(SIMULATOR_KEY))} if settings.asks_for_keys else {}),
        "SIMULATOR_AUTOSTART": "true" if settings.simulator_autostart else "false",
        "DASHBOARD_STATIC_DIR": str(FRONTEND / "dist"),
        # Spark's Python workers otherwise take the machine's python3.
        "PYSPARK_PYTHON": spark_python,
        "PYSPARK_DRIVER_PYTHON": spark_python,
        # The driver otherwise listens on whatever address the machine's name stands for.
        "SPARK_LOCAL_IP": settings.bind_host,
    }
