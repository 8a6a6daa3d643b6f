"""`python -m stream_processor`: serve until SIGTERM."""

from service_kit.server import serve
from stream_processor.app import create_app
from stream_processor.settings import Settings


def main() -> None:
    """Serve with the settings of the environment."""
    settings = Settings()
    serve("stream-processor", lambda: create_app(settings), settings)


if __name__ == "__main__":
    main()
