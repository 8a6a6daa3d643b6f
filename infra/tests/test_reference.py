"""Settings and metrics are read from the code as they are, and what cannot be read is an error."""

from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.main import get_command

from iotctl.reference.commands_page import commands_page
from iotctl.reference.metric_sources import Metric, metrics_in
from iotctl.reference.pages import metrics_page, settings_page
from iotctl.reference.setting_sources import Setting, StackSetting, stack_settings
from stack.errors import IotctlError
from stack.paths import PROJECT

PATH = Path("metrics.py")


def metrics(source: str) -> list[Metric]:
    return list(metrics_in(source, PATH))


def test_a_metric_is_read_wherever_it_is_made() -> None:
    source = """
from prometheus_client import REGISTRY, Counter, Histogram
BATCHES = Counter("lamp_batches", "Batches "
    "by outcome.", ("outcome",))
class Metrics:
    def __init__(self, registry):
        self.times = Histogram("lamp_seconds", "Time.", labelnames=["step"], registry=registry)
"""
    assert metrics(source) == [
        Metric("lamp_batches_total", "counter", ("outcome",), "Batches by outcome."),
        Metric("lamp_seconds", "histogram", ("step",), "Time."),
    ]


def test_names_and_labels_may_be_constants_of_the_module() -> None:
    source = """
from typing import Final
from prometheus_client import Gauge as Level
NAME: Final = "lamp_level"
LABELS = ("room",)
Level(NAME, "Level.", LABELS)
"""
    assert metrics(source) == [Metric("lamp_level", "gauge", ("room",), "Level.")]


def test_families_of_a_collector_are_metrics_too() -> None:
    source = """
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
def collect():
    yield CounterMetricFamily("lamp_blinks", "Blinks.", value=1)
    yield GaugeMetricFamily("lamp_level", "Level.", labels=("room",))
"""
    assert metrics(source) == [
        Metric("lamp_blinks_total", "counter", (), "Blinks."),
        Metric("lamp_level", "gauge", ("room",), "Level."),
    ]


def test_a_counter_that_is_not_prometheus_own_is_none() -> None:
    assert metrics("from collections import Counter\nimport prometheus_client\nCounter(words)\n") == []


@pytest.mark.parametrize(
    ("call", "part"),
    [
        ('Gauge(prefix + "_level", "Level.")', "name"),
        ('Gauge("lamp_level", meaning)', "meaning"),
        ('Gauge("lamp_level", "Level.", tuple(rooms))', "labels"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_the_line(call: str, part: str) -> None:
    with pytest.raises(IotctlError) as error:
        metrics(f"from prometheus_client import Gauge\n{call}\n")
    assert f"metrics.py:2: the {part} of this metric" in error.value.why


def test_a_stack_setting_has_the_comment_directly_above_it() -> None:
    text = "# About the file.\n\n# Where it is,\n# in full.\nSTATE_DIR=.state\nKAFKA_PORT=9092\n"
    assert stack_settings(text) == [
        StackSetting("STATE_DIR", ".state", "Where it is, in full."),
        StackSetting("KAFKA_PORT", "9092", ""),
    ]


def test_every_variable_of_a_stack_has_a_meaning() -> None:
    project = Path(__file__).resolve().parents[2]
    assert [found.variable for found in stack_settings((project / ".env").read_text()) if not found.meaning] == []


def setting(variable: str, type_: str, default: str | None) -> Setting:
    return Setting(variable=variable, type=type_, limits=("≥ 1",), default=default, description="This | that.")


def test_a_setting_is_told_with_its_unit_its_limits_and_its_default() -> None:
    page = settings_page(
        [StackSetting("KAFKA_PORT", "9092", "Clients.")],
        {"lamp": [setting("LAMP_MAX_BODY_BYTES", "int", "2097152"), setting("LAMP_NAME", "str", None)]},
        {"LAMP_NAME"},
    )
    assert "| `KAFKA_PORT` | `9092` | Clients. |\n" in page
    assert "| `LAMP_MAX_BODY_BYTES` | whole number, bytes, ≥ 1 | `2097152` (2 MiB) | This \\| that. |\n" in page
    assert "| `LAMP_NAME` ¹ | text, ≥ 1 | required | This \\| that. |\n" in page


def test_a_metric_is_told_with_its_labels() -> None:
    page = metrics_page({"lamp": [Metric("lamp_level", "gauge", ("room", "side"), "Level.")]})
    assert "## lamp\n\n| metric |" in page
    assert "| `lamp_level` | gauge | `room`, `side` | Level. |\n" in page


def test_commands_are_told_with_their_arguments_and_targets_under_their_headings() -> None:
    app = typer.Typer()
    topics = typer.Typer()
    app.add_typer(topics, name="topics")

    @app.command()
    def logs(
        service: Annotated[str, typer.Argument(envvar="SERVICE", help="A program's name.")],
        lines: Annotated[int, typer.Option(help="How many.")] = 200,
        follow: Annotated[bool, typer.Option(help="Go on.")] = True,
    ) -> None:
        """Show a log."""

    @topics.command("list")
    def list_topics() -> None:
        """Show the topics."""

    page = commands_page("##@ Run\nup: ## Start | wait\n\t@iotctl up\n", get_command(app))
    assert "### Run\n\n| target | what |\n| --- | --- |\n| `make up` | Start \\| wait |\n" in page
    assert "### iotctl logs\n\n`iotctl logs SERVICE`: Show a log.\n" in page
    assert "| `SERVICE` | `SERVICE` | A program's name. | required |\n" in page
    assert "| `--lines` |  | How many. | `200` |\n" in page
    assert "| `--follow`, `--no-follow` |  | Go on. | on |\n" in page
    assert "`iotctl topics list`: Show the topics.\n" in page


def test_pages_name_no_folder_of_the_machine_that_wrote_them() -> None:
    """A default that is a path of this checkout would make the page another one in every other checkout."""
    pages = (PROJECT / "docs" / name for name in ("commands.md", "settings.md", "metrics.md", "topics.md"))
    assert [page.name for page in pages if str(PROJECT) in page.read_text()] == []
