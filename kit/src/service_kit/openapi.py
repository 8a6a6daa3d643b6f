"""Writes the OpenAPI document of a service, or checks it: `python -m service_kit.openapi ingest_api [--check]`."""

import importlib
import json
import sys
from importlib.resources import files
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Write, or check, the document of the service whose package is the first argument; 1 when it is stale."""
    package, *options = arguments
    path = Path(str(files(package))).parents[1] / "openapi.json"
    app = importlib.import_module(f"{package}.app").create_app()
    document = json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"
    if "--check" not in options:
        path.write_text(document)
        return 0
    if path.exists() and path.read_text() == document:
        return 0
    sys.stderr.write(f"{path} is stale: run make docs\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
