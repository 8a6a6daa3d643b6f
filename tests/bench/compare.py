"""Another checkout and this one, measured in turns with the same clients: this checkout's.

`BASE` names the other one, `COMPARED` the benchmarks, `ROUNDS` how many pairs. What a benchmark starts (broker,
services, a whole stack of its own for those that need one) is started from the checkout that is measured.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.pairs import Figures, compared, fell_behind
from bench.report import CLIENT_FELL_BEHIND, print_result, print_table

TESTS = Path(__file__).resolve().parents[1]
SIMULATOR = TESTS.parent / "services" / "simulator" / "src"
OF_A_STACK = ("freshness", "live", "idle")
DEFAULT = "ingest,single,live,freshness,idle"
# After a start the JVMs compile for about that long; it isn't what is compared.
SETTLE_S = 180
# What reached us from our own make, and would reach the other checkout's.
_OURS = ("PYTHONPATH", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL")


@dataclass(frozen=True)
class Checkout:
    """One of the two: its folder, and the make variables of the stack that it may start."""

    folder: Path
    variables: Mapping[str, str]

    def make(self, target: str, **variables: str) -> str:
        """Run one of its own make targets and return what it printed. Raises CalledProcessError."""
        assignments = [f"{name}={value}" for name, value in {**self.variables, **variables}.items()]
        command = ["make", "--no-print-directory", "-C", str(self.folder), target, *assignments]
        return _output(command, {name: value for name, value in os.environ.items() if name not in _OURS})

    def measure(self, benchmark: str) -> Figures:
        """The figures of one run. Raises CalledProcessError."""
        if benchmark == "idle":  # processor time, which the checkout counts itself: there is no client
            return _last_line(self.make("bench-idle"))
        path = {"PYTHONPATH": f"{TESTS}:{self.folder / 'infra'}:{SIMULATOR}", "ROUNDS": "1"}
        return _last_line(
            _output([sys.executable, "-m", f"bench.{benchmark}"], {**os.environ, **self.variables, **path})
        )

    def measure_stack(self, benchmarks: list[str]) -> dict[str, Figures]:
        """The figures of each benchmark on a stack that is started for them."""
        self.make("up")
        try:
            time.sleep(SETTLE_S)
            return {benchmark: self.measure(benchmark) for benchmark in benchmarks}
        finally:
            self.make("down")


def _output(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, CLIENT_FELL_BEHIND):
        print(done.stdout)
        done.check_returncode()
    return done.stdout


def _last_line(output: str) -> Figures:
    figures: Figures = json.loads(output.splitlines()[-1])
    print(json.dumps(figures), flush=True)
    return figures


def measure(base: Checkout, this: Checkout, names: list[str], rounds: int) -> dict[str, list[tuple[Figures, Figures]]]:
    """The pairs of each benchmark, in their order: base, this, base, this."""
    pairs: dict[str, list[tuple[Figures, Figures]]] = {name: [] for name in names}
    on_stack = [name for name in names if name in OF_A_STACK]
    for _ in range(rounds):
        for name in names:
            if name not in OF_A_STACK:
                pairs[name].append((base.measure(name), this.measure(name)))
        if on_stack:
            of_base, of_this = base.measure_stack(on_stack), this.measure_stack(on_stack)
            for name in on_stack:
                pairs[name].append((of_base[name], of_this[name]))
    return pairs


def main() -> int:
    """Measure and print."""
    names = (os.environ.get("COMPARED") or DEFAULT).split(",")
    with tempfile.TemporaryDirectory(prefix="iot-compare-") as states:
        offset = os.environ.get("PORT_OFFSET") or "2000"
        base, this = (
            Checkout(folder, {"STATE_DIR": f"{states}/{name}", "PORT_OFFSET": offset})
            for name, folder in (("base", Path(os.environ["BASE"]).resolve()), ("this", TESTS.parent))
        )
        base.make("bench-single", SECONDS="1")  # installs what the benchmarks need there
        pairs = measure(base, this, names, int(os.environ.get("ROUNDS") or 3))
    ratios = {}
    for name, of_benchmark in pairs.items():
        rows = compared(of_benchmark)
        print(f"\n{name}, this checkout against {base.folder}: {len(of_benchmark)} pairs")
        print_table(rows)
        ratios[name] = {figure: row["ratio"] for figure, row in rows.items()}
    behind = sorted(name for name, of_benchmark in pairs.items() if fell_behind(of_benchmark))
    if behind:
        print(f"client fell behind in {', '.join(behind)}; these figures are of the client, not of the service")
    print_result("compare", base=str(base.folder), ratios=ratios, client_fell_behind=behind)
    return CLIENT_FELL_BEHIND if behind else 0


if __name__ == "__main__":
    sys.exit(main())
