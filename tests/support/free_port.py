"""Ports that nobody uses."""

import socket


def free_port() -> int:
    """A port of the loopback that nothing listens on now; another process could still take it first."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
