"""dashboard: the page."""

from components.service import service
from stack.paths import FRONTEND

DASHBOARD = service(
    "dashboard",
    needs=("kafka",),
    installed=("page",),
    ready_within_s=240.0,
    environment=lambda _host: {"DASHBOARD_STATIC_DIR": str(FRONTEND / "dist")},
    addresses=lambda settings: {"dashboard": settings.url("DASHBOARD")},
)
