"""Writes the committed OpenAPI document, or checks it: `python -m query_api.openapi [--check]`."""

import sys
from pathlib import Path

from query_api.app import create_app
from service_kit.openapi import write_or_check

DOCUMENT = Path(__file__).parents[2] / "openapi.json"

if __name__ == "__main__":
    sys.exit(write_or_check(create_app(), DOCUMENT, sys.argv[1:]))
