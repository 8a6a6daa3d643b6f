"""`python -m stream_processor.analyses`: run analyses with the settings of the stream processor.

Prints a line of JSON per finished analysis; `--results FILE` keeps all results as one JSON document.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from stream_processor.analyses.application import batch_session, parse_time
from stream_processor.analyses.inputs import Range
from stream_processor.analyses.results import NAMES
from stream_processor.analyses.run import run


def main() -> None:
    """Parse the arguments, run, and leave the JVM."""
    parser = argparse.ArgumentParser(prog="python -m stream_processor.analyses", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(NAMES)}; none means all")
    parser.add_argument("--from", dest="start", type=parse_time, required=True, help="first event time, RFC 3339")
    parser.add_argument("--to", dest="end", type=parse_time, required=True, help="event time to end before, RFC 3339")
    parser.add_argument("--master", default="", help="Spark master, instead of the setting's")
    parser.add_argument("--results", type=Path, help="file to write the results to, as JSON")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in NAMES]
    if unknown or given.end <= given.start:
        parser.error(f"unknown analyses: {', '.join(unknown)}" if unknown else "--to is not after --from")
    with batch_session(given.master) as (spark, settings):
        outcome = run(spark, settings.warehouse, given.names or NAMES, Range(given.start, given.end), _print)
        if given.results:
            given.results.write_text(json.dumps(outcome))


def _print(progress: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(progress)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
