"""Cuts one link between two containers: packets are dropped in silence, as by a cable that is out."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from support.stack import Stack


def address_of(program: str, stack: Stack) -> str:
    """The address of a program's container in the network of its stack."""
    pid = stack.pid(program)
    words = inside(pid, "ip", "-4", "-o", "address", "show", "scope", "global").split()
    return words[words.index("inet") + 1].partition("/")[0]


def inside(pid: int, *command: str) -> str:
    """Run a command of this machine in a container's network."""
    done = subprocess.run(
        ["nsenter", "--target", str(pid), "--net", *command], capture_output=True, text=True, check=True
    )
    return done.stdout


@contextmanager
def cut(stack: Stack, here: str, there: str) -> Iterator[None]:
    """Drop all packets between two programs while the block runs."""
    pid, address = stack.pid(here), address_of(there, stack)
    rules = (("OUTPUT", "--destination"), ("INPUT", "--source"))
    for chain, side in rules:
        inside(pid, "iptables", "--append", chain, side, address, "--jump", "DROP")
    try:
        yield
    finally:
        for chain, side in rules:
            inside(pid, "iptables", "--delete", chain, side, address, "--jump", "DROP")
