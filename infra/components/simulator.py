"""simulator: a fleet of sensors that do not exist."""

from __future__ import annotations

from components.component import Host
from components.service import service
from stack import secrets
from stack.settings import Settings


def key_file(settings: Settings) -> dict[str, str]:
    """Name the file of its key, where services ask for one."""
    return (
        {"SIMULATOR_API_KEY_FILE": str(secrets.api_key_file(settings.state, "simulator"))}
        if settings.asks_for_keys
        else {}
    )


def _environment(host: Host) -> dict[str, str]:
    return {
        "SIMULATOR_DATA_DIR": str(host.data / "simulator"),
        "SIMULATOR_AUTOSTART": "true" if host.settings.simulator_autostart else "false",
        **key_file(host.settings),
    }


SIMULATOR = service(
    "simulator",
    arguments=("serve",),
    needs=("ingest-api",),
    stop_within_s=20,
    environment=_environment,
)
