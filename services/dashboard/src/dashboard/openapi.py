"""`python -m dashboard.openapi`: writes `openapi.json`, or checks it with `--check`."""

import sys
from pathlib import Path

from dashboard.app import create_app
from service_kit.openapi import write_or_check

if __name__ == "__main__":
    sys.exit(write_or_check(create_app(), Path(__file__).resolve().parents[2] / "openapi.json", sys.argv[1:]))
