"""query-api: answers questions about the readings."""

from components.service import LAKE, service

QUERY_API = service(
    "query-api",
    what="GET /v1/stats",
    needs=("kafka", "postgres", *LAKE),
    ready_within_s=240.0,
    environment=lambda host: {
        "QUERY_API_CACHE_DIR": str(host.data / "query-api" / "cache"),
        "QUERY_API_DATABASE_HOST": host.settings.connect_host,
        "QUERY_API_DATABASE_PORT": str(host.settings.port("POSTGRES")),
        "QUERY_API_DATABASE_PASSWORD_FILE": str(host.settings.state.secret("iot")),
    },
)
