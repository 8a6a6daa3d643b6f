"""How programs are asked whether they are ready. Every probe returns None for yes, else the reason why not."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

from components.component import Component, Probe
from stack.settings import Settings

TIMEOUT_S = 5.0


def ask(program: Component, settings: Settings) -> str | None:
    """Ask a program; one that is killed while it answers, or hangs, is not ready."""
    try:
        return program.probe(settings)
    except (OSError, HTTPException, LookupError, subprocess.TimeoutExpired) as error:
        return f"no whole answer: {error!r}"[:200]


def readyz(port: str) -> Probe:
    """Return the probe of one of our services: GET /readyz."""

    def probe(settings: Settings) -> str | None:
        try:
            with urllib.request.urlopen(f"{settings.url(port)}/readyz", timeout=TIMEOUT_S):
                return None
        except urllib.error.HTTPError as error:
            return _reason(error.read())
        except OSError as error:
            return str(getattr(error, "reason", error))

    return probe


def namenode_bean(settings: Settings, bean: str) -> dict[str, Any] | str:
    """Return a JMX bean of the NameNode, or why there is none."""
    address = f"{settings.url('NAMENODE_HTTP')}/jmx?qry=Hadoop:service=NameNode,name={bean}"
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_S) as response:
            beans = json.load(response)["beans"]
    except (OSError, ValueError) as error:
        return str(error)
    return beans[0] if beans else "starting up"


def _reason(body: bytes) -> str:
    """Pick the human part of a problem document; other bodies are shown as they are."""
    text = body.decode(errors="replace").strip()
    try:
        problem = json.loads(text)
    except ValueError:
        return text[:200] or "not ready"
    if not isinstance(problem, dict):
        return text[:200]
    missing = problem.get("missing")
    if isinstance(missing, dict):
        return "; ".join(f"{name}: {why}" for name, why in missing.items())
    return str(problem.get("detail") or missing or problem.get("title") or problem)
