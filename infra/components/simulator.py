"""simulator: a fleet of sensors that do not exist."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from components.component import Host, Step
from components.service import service
from stack import secrets
from stack.settings import Settings

API_KEY = "simulator-api-key"


def key_file(settings: Settings) -> dict[str, str]:
    """Name the file of its key, where ingest-api asks for one."""
    return {"SIMULATOR_API_KEY_FILE": str(settings.state.secret(API_KEY))} if settings.asks_for_keys else {}


def _environment(host: Host) -> dict[str, str]:
    return {
        "SIMULATOR_DATA_DIR": str(host.data / "simulator"),
        "SIMULATOR_AUTOSTART": "true" if host.settings.simulator_autostart else "false",
        **key_file(host.settings),
    }


def create_key(host: Host, _environment: Mapping[str, str]) -> str | None:
    """Give it a key where ingest-api asks for one."""
    state = host.settings.state
    if not host.settings.asks_for_keys or state.secret(API_KEY).exists():
        return None
    from components.api_keys import KeysTopic, new_key  # like topics: only needed here

    key, token = new_key("simulator", ("write",), None, datetime.now(UTC))
    KeysTopic(host.settings.kafka).put(key)
    secrets.write(state, API_KEY, token)
    return f"API key of the simulator made ({key.key_id})"


SIMULATOR = service(
    "simulator",
    arguments=("serve",),
    needs=("ingest-api",),
    stop_within_s=20,
    environment=_environment,
    initialise=Step(create_key, needs=("ingest-api",)),
)
