"""`python -m ingest_api`: serve until SIGTERM."""

import sys

from pydantic import ValidationError

from ingest_api.app import create_app
from ingest_api.settings import Settings
from ingest_api.workers import prepare_work_dir, serve_workers
from service_kit.server import serve


def main() -> None:
    """Serve with the settings of the environment."""
    try:
        settings = Settings()
    except ValidationError as error:
        sys.exit(f"Invalid settings: {error}")
    prepare_work_dir(settings)
    if settings.workers == 1:
        serve("ingest-api", lambda: create_app(settings), settings)
    else:
        serve_workers(settings)


if __name__ == "__main__":
    main()
