"""`python -m dashboard`: serve until SIGTERM."""

import logging

from dashboard.app import create_app
from dashboard.settings import Settings
from service_kit.server import serve


def main() -> None:
    """Run the service with the settings of the environment."""
    settings = Settings()
    # It logs every request; the service itself logs once that query-api is away.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    serve(
        "dashboard",
        lambda: create_app(settings),
        settings,
        ws_max_size=settings.max_client_message_bytes,
        ws_ping_interval=settings.ping_interval_s,
        ws_ping_timeout=settings.ping_interval_s,
        # A frame is encoded once for all connections; compressing it would be work for each of them.
        ws_per_message_deflate=False,
    )


if __name__ == "__main__":
    main()
