"""Spark's shells and a notebook on the stack's tables: they find them, and can change nothing."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from service_kit.testing import wait_until
from stack.paths import VENVS
from support.counting import wait_for_count
from support.readings import a_sensor, post_values
from support.stack import PROJECT, Stack

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.environ.get("RUNTIME") == "docker", reason="shells are of the native runtime"),
]
NOTEBOOK = PROJECT / "services" / "stream-processor" / "notebooks" / "a-day-of-readings.ipynb"
CHANGES = (
    "INSERT INTO iot.readings SELECT * FROM iot.readings",
    "DELETE FROM iot.readings",
    "DROP TABLE iot.readings",
    "ALTER TABLE iot.readings ADD COLUMN more INT",
    "CREATE TABLE iot.more USING iceberg AS SELECT 1 AS a",
    "CALL lake.system.expire_snapshots(table => 'iot.readings')",
)


def say(stack: Stack, shell: str, statements: str) -> str:
    """What a shell prints when it reads these statements from a pipe."""
    done = subprocess.run(
        [PROJECT / ".local/bin/iotctl", shell],
        input=statements,
        env=os.environ | {"PORT_OFFSET": str(stack.port_offset), "STATE_DIR": str(stack.state_dir)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
async def sensor(stack: Stack, http: httpx.AsyncClient) -> str:
    """A sensor with three readings in the table."""
    sensor_id = a_sensor("shell")
    await post_values(http, stack.url("ingest-api"), sensor_id, 20.0, 21.0, 22.0)
    await wait_for_count(stack, http, sensor_id, 3, source="table")
    return sensor_id


def test_spark_shell_counts_readings(stack: Stack, sensor: str) -> None:
    count = f'spark.table("iot.readings").where("sensor_id = \'{sensor}\'").count()'
    assert "found 3\n" in say(stack, "spark-shell", f'println("found " + {count})\n:quit\n')


def test_pyspark_counts_readings_and_changes_no_table(stack: Stack, sensor: str) -> None:
    left_before = set((stack.state_dir / "run").glob("shell-*"))
    program = f"""
print("found", spark.table("iot.readings").where("sensor_id = '{sensor}'").count())
def outcome(work):
    try:
        work()
    except Exception as error:
        return str(error)

for change in {CHANGES!r}: print("outcome", change.split()[0], outcome(lambda: spark.sql(change).collect()))

to_lake = lambda: spark.range(1).write.csv("hdfs://iot/iot-data/processed/more")
print("outcome WRITE", outcome(to_lake))
spark.range(3).createOrReplaceTempView("three")
print("three:", spark.sql("SELECT count(*) FROM three").first()[0])
"""
    said = say(stack, "pyspark", program)
    assert "found 3\n" in said
    for change in CHANGES:
        assert f"outcome {change.split()[0]} shells only read tables" in said, said
    assert "outcome WRITE" in said
    assert "Permission denied: user=reader" in said
    assert "three: 3\n" in said
    assert set((stack.state_dir / "run").glob("shell-*")) == left_before


@pytest.mark.skipif(
    not (VENVS / "notebook" / "installed").exists() and os.environ.get("TEST_NOTEBOOK") != "1",
    reason="Jupyter (490 MB) is not installed in this folder: TEST_NOTEBOOK=1 downloads it, as iotctl notebook does",
)
async def test_the_worked_notebook_runs(stack: Stack, sensor: str, tmp_path: Path) -> None:
    await wait_until(
        lambda: bool(stack.scan("iot.readings_1m", "readings", where=f"sensor_id = '{sensor}'")),
        deadline_s=300,
        otherwise="the rollups do not come",
    )
    done = stack.iotctl("notebook", "--run", str(NOTEBOOK), "--output", str(tmp_path / "done.ipynb"))
    assert done.returncode == 0, done.stdout + done.stderr
    document: dict[str, Any] = json.loads((tmp_path / "done.ipynb").read_text())
    outputs = [output for cell in document["cells"] for output in cell.get("outputs", ())]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    assert any("image/png" in output.get("data", {}) for output in outputs)
