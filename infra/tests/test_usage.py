"""A process tree's CPU and memory, each process counted once."""

import os
import subprocess
import sys
import time

import pytest

from runtimes import usage

SPUN_S = 0.2
SPINS = f"""
import time
input()
end = time.process_time() + {SPUN_S} + 0.02  # the kernel counts in hundredths
while time.process_time() < end: pass
print(flush=True)
input()
"""


def test_cpu_of_children_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-c", SPINS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as child:
        spins_on, spun = child.stdin, child.stdout
        assert spins_on
        assert spun

        def until_it_has_spun(_: float) -> None:
            spins_on.write("\n")
            spun.readline()

        # However busy the machine is: the sample lasts until the child has had its time.
        monkeypatch.setattr(time, "sleep", until_it_has_spun)
        started = time.monotonic()
        used = usage.measure({"us": os.getpid()}, seconds=1)["us"]
        took_s = time.monotonic() - started
        child.communicate("\n")
    assert used.cpu_cores * took_s >= SPUN_S


def test_a_root_inside_another_tree_is_counted_once() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        alone = usage.measure({"us": os.getpid(), "child": child.pid}, seconds=0)
        together = usage.measure({"us": os.getpid()}, seconds=0)
        child.communicate(b"\n")
    assert alone["us"].rss_bytes < together["us"].rss_bytes
    assert alone["child"].rss_bytes > 0


def test_a_process_that_is_gone_is_left_out() -> None:
    assert usage.measure({"gone": 2**22 - 1}, seconds=0) == {}
