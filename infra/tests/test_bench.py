"""The benchmarks that `iotctl bench` names are there, each with its make target."""

from iotctl.bench import MODULES, NAMES
from stack.paths import PROJECT


def test_every_benchmark_has_a_module_and_a_make_target() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    assert all((PROJECT / "tests" / "bench" / f"{name}.py").is_file() for name in MODULES)
    assert all(f"\nbench-{name}: ##" in makefile for name in NAMES)
