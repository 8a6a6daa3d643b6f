"""Runs the service: `python -m query_api`."""

from query_api.app import create_app
from query_api.settings import Settings
from service_kit.server import serve


def main() -> None:
    """Serve until SIGTERM."""
    settings = Settings()
    serve("query-api", lambda: create_app(settings), settings)


if __name__ == "__main__":
    main()
