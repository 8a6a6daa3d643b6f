"""`iotctl images`: builds the images and says of each how large it is, how long it took, and what is in it.

The bill of materials is Syft's (CycloneDX 1.6, JSON); the list of licences is drawn from it.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from runtimes.compose.engine import Compose
from stack.errors import IotctlError
from stack.paths import VENVS
from stack.steps import Steps

SYFT = VENVS / "images" / "bin" / "syft"
MB = 1_000_000


@dataclass(frozen=True)
class Image:
    """One image after it was built. `packages` counts what Syft found in it."""

    name: str
    size_bytes: int
    built_in_s: float
    packages: int


def build(compose: Compose, folder: Path, steps: Steps) -> list[Image]:
    """Build every image and write `NAME.cdx.json` and `NAME.licences.txt` of each into a folder. Raises IotctlError."""
    folder.mkdir(parents=True, exist_ok=True)
    services: dict[str, dict[str, Any]] = json.loads(compose.run("config", "--format", "json"))["services"]
    images = []
    for service, content in services.items():
        if "build" not in content:
            continue
        name = content["image"].rpartition("/")[2].partition(":")[0]
        started = time.monotonic()
        with steps.step(f"image {name}: building", f"image {name} built"):
            compose.run("build", "--quiet", service)
        built_in_s = time.monotonic() - started
        with steps.step(f"image {name}: listing its software", f"image {name} listed"):
            packages = _list_software(content["image"], folder / name)
        images.append(Image(name, _size(content["image"]), built_in_s, packages))
    return images


def table_of(images: list[Image]) -> Table:
    """Return the images as a table, with the sum of their sizes (layers that several have count each time)."""
    table = Table(header_style="bold", show_footer=True)
    table.add_column("image", "all")
    table.add_column("MB", f"{sum(image.size_bytes for image in images) / MB:,.0f}", justify="right")
    table.add_column("built in s", f"{sum(image.built_in_s for image in images):.0f}", justify="right")
    table.add_column("packages", "", justify="right")
    for image in images:
        table.add_row(image.name, f"{image.size_bytes / MB:,.0f}", f"{image.built_in_s:.0f}", str(image.packages))
    return table


def _size(image: str) -> int:
    return int(_output(["docker", "image", "inspect", "--format", "{{.Size}}", image]))


def _list_software(image: str, target: Path) -> int:
    command = [str(SYFT), "scan", f"docker:{image}", "--quiet", "--output", "cyclonedx-json@1.6"]
    text = _output(command, {**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"})
    target.with_suffix(".cdx.json").write_text(text)
    components = json.loads(text).get("components", [])
    target.with_suffix(".licences.txt").write_text(licences(components))
    return len(components)


def licences(components: list[dict[str, Any]]) -> str:
    """Return the licences of a bill of materials, each with the software that has it. Pure."""
    by_licence = defaultdict(set)
    for component in components:
        if component.get("type") in ("file", "operating-system"):
            continue
        named = f"{component['name']} {component.get('version', '')}".strip()
        for licence in [_name(one) for one in component.get("licenses", ())] or ["not declared"]:
            by_licence[licence].add(named)
    return "".join("\n  ".join((licence, *sorted(by_licence[licence]))) + "\n" for licence in sorted(by_licence))


def _name(licence: dict[str, Any]) -> str:
    one = licence.get("license", {})
    return str(licence.get("expression") or one.get("id") or one.get("name") or "not declared")


def _output(command: list[str], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        why = f"{Path(command[0]).name} ended with {done.returncode}"
        raise IotctlError("images", why, "see the lines above", log_tail=done.stderr[-2000:])
    return done.stdout
