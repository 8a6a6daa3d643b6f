"""The committed OpenAPI document of a service: `python -m <service>.openapi` style commands call this."""

import json
import sys
from pathlib import Path

from fastapi import FastAPI


def write_or_check(app: FastAPI, path: Path, arguments: list[str]) -> int:
    """Write `app`'s OpenAPI document to `path`; with `--check` return 1 when the file differs from it."""
    document = json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"
    if "--check" not in arguments:
        path.write_text(document)
        return 0
    if path.exists() and path.read_text() == document:
        return 0
    sys.stderr.write(f"{path.name} of {app.title} is stale: run the same command without --check\n")
    return 1
