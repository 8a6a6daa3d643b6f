import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from simulator.cli import app

SLOW_TO_IMPORT = ("fastapi", "uvicorn", "httpx", "pydantic", "prometheus_client")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Commands log to their standard error, which ends with them here."""
    yield
    structlog.reset_defaults()


def test_the_command_starts_without_what_only_the_service_needs() -> None:
    program = "import sys, simulator.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not set(SLOW_TO_IMPORT) & set(loaded)


@pytest.mark.parametrize(
    ("arguments", "text", "reason"),
    [
        ([], "timestamp,value\n2013-12-02,1\n2013-12-03,warm\n", "line 3: 'warm' is no number"),
        ([], "time,value\n", "line 1"),
        (["--sensor-id", "has space"], "timestamp,value\n", "can't be a sensor id"),
        (["--sensor-type", "wind"], "timestamp,value\n", "No sensor type 'wind'"),
        (["--url", "ingest"], "timestamp,value\n", "ingest_api_url: String should match"),
    ],
)
def test_what_can_t_be_replayed_is_explained_before_anything_is_sent(
    tmp_path: Path, arguments: list[str], text: str, reason: str
) -> None:
    path = tmp_path / "series.csv"
    path.write_text(text)
    result = CliRunner().invoke(app, ["replay", str(path), *arguments])
    assert (result.exit_code, reason in result.output) == (1, True), result.output


@pytest.mark.parametrize("rate", ["0", "-1", "fast", "nan", "inf"])
def test_a_rate_is_a_positive_number_or_max(tmp_path: Path, rate: str) -> None:
    result = CliRunner().invoke(app, ["replay", str(tmp_path / "series.csv"), "--rate", rate])
    assert result.exit_code == 2
