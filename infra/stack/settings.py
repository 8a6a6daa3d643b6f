"""Settings of one stack: the defaults in `.env`, overridden by the environment (where `make` puts its variables)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Literal, get_args

from dotenv import dotenv_values

from stack.errors import IotctlError
from stack.paths import PROJECT, SERVICES, StatePaths

# The NameNode's port is 9000 and the dashboard's 8000, so with PORT_OFFSET=1000 a second stack's dashboard gets the
# port of the first one's NameNode. They keep out of each other's way on two addresses of the loopback.
LOOPBACK, NAMENODE_LOOPBACK = "127.0.0.1", "127.0.0.2"
LARGEST_PORT = 65535
Durability = Literal["fsync", "os"]
"""Whether what Kafka and HDFS acknowledge is on the disk, or with the operating system."""
_OWN = frozenset(
    {"BIND_HOST", "PORT_OFFSET", "STATE_DIR", "SIMULATOR", "AUTH", "DURABILITY", "HDFS_CHECKPOINT_INTERVAL_S"}
)


@dataclass(frozen=True)
class Settings:
    """One stack's settings, with PORT_OFFSET already added to every port."""

    bind_host: str
    ports: Mapping[str, int]
    state: StatePaths
    simulator_autostart: bool
    auth: bool
    """Whether every service asks for API keys that has no setting of its own for it."""
    durability: Durability
    checkpoint_interval_s: int
    java_home: Path | None
    service_settings: Mapping[str, str]

    @property
    def asks_for_keys(self) -> bool:
        """Tell whether any service wants an API key with each request."""
        return len(self.services_without_keys) < len(_service_names())

    @property
    def services_without_keys(self) -> tuple[str, ...]:
        """Return the services that answer everybody, as environment variables spell them."""
        stack = "on" if self.auth else "off"
        return tuple(name for name in _service_names() if self.service_settings.get(f"{name}_AUTH", stack) != "on")

    @property
    def connect_host(self) -> str:
        """Return the address that clients on this machine use for what is bound to `bind_host`."""
        return LOOPBACK if self.bind_host in ("0.0.0.0", "::") else self.bind_host

    @property
    def namenode_bind_host(self) -> str:
        """Return the address that the NameNode's RPC server binds to."""
        return NAMENODE_LOOPBACK if self.bind_host == LOOPBACK else self.bind_host

    @property
    def namenode_host(self) -> str:
        """Return the address at which the NameNode's RPC server is reached."""
        return NAMENODE_LOOPBACK if self.bind_host == LOOPBACK else self.connect_host

    @property
    def hdfs_uri(self) -> str:
        """Return the address of the file system."""
        return f"hdfs://{self.namenode_host}:{self.port('NAMENODE')}"

    @property
    def kafka(self) -> str:
        """Return Kafka's address for clients, `host:port`."""
        return f"{self.connect_host}:{self.port('KAFKA')}"

    @property
    def metastore_uri(self) -> str:
        """Return the Hive metastore's address."""
        return f"thrift://{self.connect_host}:{self.port('METASTORE')}"

    def bind_host_of(self, port_name: str) -> str:
        """Return the address that a port is bound on."""
        return self.namenode_bind_host if port_name == "NAMENODE" else self.bind_host

    def port(self, name: str) -> int:
        """Return a port by its name in `.env` without `_PORT`, for example `KAFKA`."""
        return self.ports[f"{name}_PORT"]

    def url(self, name: str) -> str:
        """Return the HTTP address of a port by its name."""
        return f"http://{self.connect_host}:{self.port(name)}"


def parse_env_file(text: str) -> dict[str, str]:
    """Read NAME=value lines."""
    return {name: value or "" for name, value in dotenv_values(stream=StringIO(text), interpolate=False).items()}


def resolve(defaults: Mapping[str, str], environment: Mapping[str, str], project: Path = PROJECT) -> Settings:
    """Combine the defaults with what the environment overrides.

    JAVA_HOME is the exception: many machines have one in the environment that nobody meant for this stack, so it
    counts only in `.env`, or as IOT_JAVA_HOME in the environment (`make up JAVA_HOME=…` hands it on as that).
    """
    values = {name: environment.get(name) or default for name, default in defaults.items() if name != "JAVA_HOME"}
    java_home = environment.get("IOT_JAVA_HOME") or defaults.get("JAVA_HOME")
    return Settings(
        bind_host=values["BIND_HOST"],
        ports=_ports(values),
        state=StatePaths((project / Path(values["STATE_DIR"]).expanduser()).resolve()),
        simulator_autostart=_switch("SIMULATOR", values["SIMULATOR"]),
        auth=_switch("AUTH", values["AUTH"]),
        durability=_durability(values["DURABILITY"]),
        checkpoint_interval_s=_number("HDFS_CHECKPOINT_INTERVAL_S", values["HDFS_CHECKPOINT_INTERVAL_S"]),
        java_home=Path(java_home) if java_home else None,
        service_settings=_service_settings(values, environment),
    )


def _service_names() -> tuple[str, ...]:
    """Return the services as environment variables spell them."""
    return tuple(sorted(folder.name.upper().replace("-", "_") for folder in SERVICES.iterdir()))


def _service_settings(values: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return what `.env` or the environment say to a service itself, for example SIMULATOR_SENSOR_COUNT.

    A variable without a value says nothing, but for an empty SIMULATOR_URL: then the page has no demo.
    """
    prefixes = tuple(f"{name}_" for name in _service_names())
    named = {name: value for name, value in values.items() if name not in _OWN and not name.endswith("_PORT")}
    given = {name: value for name, value in environment.items() if name.startswith(prefixes) and name not in values}
    return {name: value for name, value in {**named, **given}.items() if value or name == "SIMULATOR_URL"}


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read `.env` and resolve it against the environment."""
    return resolve(parse_env_file((PROJECT / ".env").read_text()), environment)


def _ports(values: Mapping[str, str]) -> dict[str, int]:
    offset = _number("PORT_OFFSET", values["PORT_OFFSET"])
    ports = {name: _number(name, value) + offset for name, value in values.items() if name.endswith("_PORT")}
    for name, port in ports.items():
        if not 0 < port <= LARGEST_PORT:
            raise IotctlError("settings", f"{name} is {port} with PORT_OFFSET={offset}", "choose a smaller offset")
    return ports


def _number(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise IotctlError("settings", f"{name}={value} is not a number", f"correct {name} in .env") from None


def _switch(name: str, value: str) -> bool:
    if value.lower() in ("on", "true", "1", "yes"):
        return True
    if value.lower() in ("off", "false", "0", "no"):
        return False
    raise IotctlError("settings", f"{name}={value} is neither on nor off", f"write {name}=on or {name}=off")


def _durability(word: str) -> Durability:
    for durability in get_args(Durability):
        if word.lower() == durability:
            return durability  # type: ignore[no-any-return]
    raise IotctlError(
        "settings",
        f"DURABILITY={word} is neither fsync nor os",
        "write DURABILITY=fsync (an acknowledgement waits for the disk) or DURABILITY=os (for the operating system)",
    )
