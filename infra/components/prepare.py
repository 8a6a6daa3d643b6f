"""`python -m components.prepare KAFKA WEBHDFS USER`: makes the topics and the folders; what containers start with."""

from __future__ import annotations

import sys

from components.namenode import ensure_folders
from components.topics import ensure_topics
from stack.errors import IotctlError


def main(kafka: str, webhdfs: str, user: str) -> int:
    """Make what is missing and say so; 1 when that fails."""
    try:
        made = ensure_topics(kafka)
        ensure_folders(webhdfs, user)
    except IotctlError as error:
        sys.stderr.write(f"{error.part}: {error.why}\n")
        return 1
    print(f"topics made: {', '.join(made) or 'none, all are there'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
