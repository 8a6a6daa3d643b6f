"""`python -m ingest_api`: serve until SIGTERM."""

from ingest_api.app import create_app
from ingest_api.settings import Settings
from service_kit.server import serve


def main() -> None:
    """Serve with the settings of the environment."""
    settings = Settings()
    serve("ingest-api", lambda: create_app(settings), settings)


if __name__ == "__main__":
    main()
