"""A process tree's CPU and memory, each process counted once."""

import os
import subprocess
import sys

from iotctl import usage

SPINS = "import time; end = time.monotonic() + 0.5\nwhile time.monotonic() < end: pass\nprint(flush=True); input()"


def test_cpu_of_children_is_counted():
    with subprocess.Popen([sys.executable, "-c", SPINS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        used = usage.measure({"us": os.getpid()}, seconds=0.3)["us"]
        child.communicate(b"\n")
    assert used.cpu_cores > 0.1


def test_a_root_inside_another_tree_is_counted_once():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        alone = usage.measure({"us": os.getpid(), "child": child.pid}, seconds=0)
        together = usage.measure({"us": os.getpid()}, seconds=0)
        child.communicate(b"\n")
    assert alone["us"].rss_bytes < together["us"].rss_bytes
    assert alone["child"].rss_bytes > 0


def test_a_process_that_is_gone_is_left_out():
    assert usage.measure({"gone": 2**22 - 1}, seconds=0) == {}
