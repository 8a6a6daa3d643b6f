"""Kafka's own ProducerPerformance, the peer of ingest-api: the same records on the same broker."""

import re
import subprocess
from pathlib import Path

from stack.paths import BUNDLED_JAVA_HOME, INFRA, JARS

BATCH_SIZE_BYTES = 512 * 1024
_FIGURE = re.compile(r"^(\d+) records sent, ([\d.]+) records/sec", re.MULTILINE)


def producer_performance(bootstrap: str, topic: str, payloads: Path, records: int) -> float:
    """Records a second, each acknowledged by all replicas; lines of `payloads` are the records.

    Raises AssertionError with the tool's output when it fails or sent another number.
    """
    java = BUNDLED_JAVA_HOME / "bin" / "java"
    logging = f"-Dlog4j2.configurationFile={INFRA / 'kafka' / 'log4j2.yaml'}"
    tool = "org.apache.kafka.tools.ProducerPerformance"
    properties = ("acks=all", f"batch.size={BATCH_SIZE_BYTES}", "enable.idempotence=true")
    done = subprocess.run(
        [
            *(java, "-Xmx512m", logging, "-cp", f"{JARS}/kafka/*", tool, "--bootstrap-server", bootstrap),
            *("--topic", topic, "--num-records", str(records), "--throughput", "-1", "--payload-file", payloads),
            *("--command-property", *properties),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    figures = _FIGURE.findall(done.stdout)
    assert done.returncode == 0, done.stdout
    assert figures, done.stdout
    assert int(figures[-1][0]) == records, done.stdout
    return float(figures[-1][1])
