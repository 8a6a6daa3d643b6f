"""stream-processor: Spark."""

from components.component import Host
from components.service import LAKE, service
from stack.paths import CACHE, INFRA, JARS, SPARK_JAVA_HOME, venv_python

NAME = "stream-processor"


def _environment(host: Host) -> dict[str, str]:
    python = str(venv_python(NAME))
    return {
        "STREAM_PROCESSOR_WORK_DIR": str(host.data / "stream-processor"),
        # The detector is compiled once for all stacks, not beside the source, which may be read-only.
        "NUMBA_CACHE_DIR": str(CACHE / "numba"),
        "STREAM_PROCESSOR_JARS_DIR": str(JARS / "spark"),
        "STREAM_PROCESSOR_HADOOP_CONF_DIR": str(INFRA / "hdfs"),
        # Spark's Python workers otherwise take the machine's python3.
        "PYSPARK_PYTHON": python,
        "PYSPARK_DRIVER_PYTHON": python,
        # The driver otherwise listens on whatever address the machine's name stands for.
        "SPARK_LOCAL_IP": host.settings.bind_host,
    }


STREAM_PROCESSOR = service(
    NAME,
    # Gives way to those that somebody waits for: its batches and maintenance have seconds, an answer has milliseconds.
    command=("nice", "-n", "10", venv_python(NAME), "-m", "stream_processor"),
    needs=("kafka", *LAKE),
    installed=("runtime", "jars"),
    ready_within_s=240.0,
    stop_within_s=60,
    # The driver stops its query and its JVM itself; the rest of the group is only killed when it does not.
    stops_as_group=False,
    environment=_environment,
    # A java that drops the one argument of Spark which the bundled Java does not know.
    own_environment={"JAVA_HOME": str(SPARK_JAVA_HOME)},
)
