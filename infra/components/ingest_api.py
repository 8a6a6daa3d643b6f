"""ingest-api: takes readings over HTTP."""

from components.service import service

INGEST_API = service(
    "ingest-api",
    what="POST /v1/readings",
    needs=("kafka",),
    environment=lambda host: {"INGEST_API_WORK_DIR": str(host.data / "ingest-api")},
)
