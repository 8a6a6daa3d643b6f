"""The YAML file that `simulator configure` writes. Pure."""

from collections.abc import Mapping

import msgspec

from simulator.settings import Settings

HEAD = """\
# What `simulator run --config`, `serve --config` and `generate --config` take.
# Every setting of the simulator may stand here under its name; docs/simulator.md tells them all.
"""


def render(answers: Mapping[str, object]) -> str:
    """The settings, each below what it means."""
    parts = [
        f"# {Settings.model_fields[name].description}\n{msgspec.yaml.encode({name: value}).decode()}"
        for name, value in answers.items()
    ]
    return "\n".join([HEAD, *parts])
