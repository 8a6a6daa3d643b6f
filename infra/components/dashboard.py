"""dashboard: the page."""

from components.component import Host
from components.service import service
from stack import secrets
from stack.paths import FRONTEND


def _environment(host: Host) -> dict[str, str]:
    state = host.settings.state
    keys = {
        "DASHBOARD_API_KEY_FILE": str(secrets.api_key_file(state, "dashboard")),
        "DASHBOARD_SESSION_SECRET_FILE": str(state.secret(secrets.SESSION)),
    }
    return {"DASHBOARD_STATIC_DIR": str(FRONTEND / "dist"), **(keys if host.settings.asks_for_keys else {})}


DASHBOARD = service(
    "dashboard",
    needs=("kafka",),
    installed=("page",),
    ready_within_s=240.0,
    environment=_environment,
    addresses=lambda settings: {"dashboard": settings.url("DASHBOARD")},
)
