"""What an audit is asked to look at."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """Addresses, the range, and bounds. Times are milliseconds of Unix time; None is the topic's beginning or end."""

    kafka: str
    metastore: str
    hdfs: str
    query_api: str
    folder: Path
    from_ms: int | None
    to_ms: int | None
    wait_s: float


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="audit")
    for name in ("--kafka", "--metastore", "--hdfs", "--query-api"):
        parser.add_argument(name, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--from-ms", type=int)
    parser.add_argument("--to-ms", type=int)
    parser.add_argument("--wait-s", type=float, default=0.0)
    return Options(**vars(parser.parse_args(arguments)))
