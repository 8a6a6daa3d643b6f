"""`python -m stream_processor.openapi`: writes openapi.json beside the service's README; `--check` compares."""

import sys
from pathlib import Path

from service_kit.openapi import write_or_check
from stream_processor.app import create_app

DOCUMENT = Path(__file__).resolve().parents[2] / "openapi.json"

if __name__ == "__main__":
    sys.exit(write_or_check(create_app(), DOCUMENT, sys.argv[1:]))
