"""Prometheus with the platform's rules, from Debian's package. Runs in containers, with WITH=prometheus."""

from __future__ import annotations

import urllib.request

from components.component import Component
from components.probes import TIMEOUT_S
from stack.settings import Settings


def ready(settings: Settings) -> str | None:
    """It has read its data."""
    try:
        with urllib.request.urlopen(f"{settings.url('PROMETHEUS')}/-/ready", timeout=TIMEOUT_S):
            return None
    except OSError as error:
        return str(error)


PROMETHEUS = Component(
    name="prometheus",
    kind="component",
    command=(),
    compose_file="compose.observability.yaml",
    probe=ready,
    ports=("PROMETHEUS",),
    addresses=lambda settings: {"Prometheus": settings.url("PROMETHEUS")},
)
