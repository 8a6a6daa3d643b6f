"""DuckDB by itself over local files, for `make bench-query`: questions in, milliseconds out, both as JSON."""

import json
import statistics
import sys
import time

import duckdb


def main() -> None:
    """Ask each question once to warm up, then `times` times."""
    wanted = json.load(sys.stdin)
    connection = duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "1GiB"})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        "CREATE VIEW readings AS SELECT * FROM read_parquet($files)".replace("$files", str(wanted["files"]))
    )
    took: dict[str, float] = {}
    for name, text in wanted["questions"].items():
        connection.execute(text).fetchall()
        times = []
        for _ in range(wanted["times"]):
            started = time.perf_counter()
            connection.execute(text).fetchall()
            times.append((time.perf_counter() - started) * 1000)
        took[name] = statistics.median(times)
    sys.stdout.write(json.dumps(took))


if __name__ == "__main__":
    main()
