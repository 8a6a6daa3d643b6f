"""What our own services have in common as programs of a stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from components.component import Component, Host
from components.probes import readyz
from stack.paths import venv_python

LAKE = ("namenode", "datanode", "metastore")


def service(
    name: str,
    *,
    what: str = "",
    arguments: tuple[str, ...] = (),
    environment: Callable[[Host], Mapping[str, str]] = lambda _host: {},
    installed: tuple[str, ...] = (),
    **more: Any,
) -> Component:
    """Return a service: an environment of its own, a module of its name, a port of its name, /readyz, /docs.

    `what` tells people what they find at its address; `arguments` go to its module.
    """
    port = name.upper().replace("-", "_")
    shown = f"{name} ({what})" if what else name

    def addresses_and(host: Host) -> dict[str, str]:
        return {
            f"{port}_HOST": host.settings.bind_host,
            f"{port}_URL": host.settings.url(port),
            **({f"{port}_AUTH": "on"} if host.settings.auth else {}),
            **environment(host),
        }

    return Component(
        **{
            "name": name,
            "kind": "service",
            "command": (venv_python(name), "-m", name.replace("-", "_"), *arguments),
            "probe": readyz(port),
            "ports": (port,),
            "installed": (name, *installed),
            "environment": addresses_and,
            "addresses": lambda settings: {shown: f"{settings.url(port)}/docs"},
            **more,
        }
    )
