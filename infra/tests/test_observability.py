"""Prometheus' rules and Grafana's dashboard ask for metrics that the services have, of every service there is."""

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from components.registry import SERVICES
from runtimes.compose.engine import FILE
from stack.paths import INFRA, PROJECT

OF_THE_CLIENT = {"up", "process_cpu_seconds_total", "process_resident_memory_bytes"}
_METRIC = re.compile(r"\b(?:ingest|stream|query|dashboard|simulator|http|process|python)_[a-z_]+\b|\bup\b")
_SERIES = re.compile(r"_(bucket|sum|count)$")


def rules() -> Iterator[tuple[str, str]]:
    for group in yaml.safe_load((INFRA / "prometheus" / "rules.yml").read_text())["groups"]:
        yield from ((rule["alert"], rule["expr"]) for rule in group["rules"])


def panels() -> Iterator[tuple[str, str]]:
    for panel in json.loads((INFRA / "grafana" / "dashboards" / "platform.json").read_text())["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])


@pytest.mark.parametrize(("name", "expression"), [*rules(), *panels()])
def test_every_metric_that_is_asked_for_exists(name: str, expression: str) -> None:
    known = set(re.findall(r"^\| `(\w+)`", (PROJECT / "docs" / "metrics.md").read_text(), re.MULTILINE))
    # What stands in quotes is a label's value.
    asked = {_SERIES.sub("", metric) for metric in _METRIC.findall(re.sub(r'"[^"]*"', "", expression))}
    assert asked, name
    assert asked <= known | OF_THE_CLIENT, name


def test_every_rule_says_what_is_wrong_and_what_to_do() -> None:
    for group in yaml.safe_load((INFRA / "prometheus" / "rules.yml").read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"].keys() == {"summary", "remedy"}, rule["alert"]
            assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]


def test_every_service_is_scraped_at_its_port() -> None:
    jobs = yaml.safe_load((INFRA / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    scraped = {target["targets"][0] for job in jobs if job["job_name"] == "iot" for target in job["static_configs"]}
    published = yaml.safe_load(FILE.read_text())["services"]
    ports = {service.name: published[service.name]["ports"][0].rpartition(":")[2] for service in SERVICES}
    assert scraped == {f"{name}:{port}" for name, port in ports.items()}
