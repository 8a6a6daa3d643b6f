"""docs/metrics.md is written from the source; here a running service confirms it."""

import re

import pytest
from httpx import AsyncClient

from support.stack import PROJECT, Stack

PAGE = PROJECT / "docs" / "metrics.md"
# The Prometheus client's own, and the start times that it adds.
CLIENTS_OWN = re.compile(r"process_.*|python_.*|.*_created")


def documented(heading: str) -> set[str]:
    """The metrics that the page lists under a heading."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


@pytest.mark.parametrize("service", ["simulator", "ingest-api", "stream-processor", "query-api", "dashboard"])
async def test_the_page_lists_what_the_service_measures(stack: Stack, http: AsyncClient, service: str) -> None:
    text = (await http.get(f"{stack.url(service)}/metrics")).text
    served = {name for name in re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE) if not CLIENTS_OWN.fullmatch(name)}
    assert served == documented("Every service") | documented(service)
