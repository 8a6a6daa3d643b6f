"""The environment of a stack's programs: every address, folder and file that they are told."""

from __future__ import annotations

from collections.abc import Mapping

from components.component import Host
from components.registry import PROGRAMS
from stack.paths import BUNDLED_JAVA_HOME, JARS, NODE_HOME
from stack.settings import Settings

# Of the person's own environment the programs get only these.
HANDED_ON = (
    *("HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def stack_environment(host: Host, outer: Mapping[str, str]) -> dict[str, str]:
    """Return everything that the programs of a stack find in their environment."""
    return {
        **{name: outer[name] for name in HANDED_ON if name in outer},
        **_of_the_stack(host.settings, host.user),
        **{name: value for program in PROGRAMS for name, value in program.environment(host).items()},
        **host.settings.service_settings,
    }


def _of_the_stack(settings: Settings, user: str) -> dict[str, str]:
    java_home = settings.java_home or BUNDLED_JAVA_HOME
    return {
        "PATH": f"{java_home}/bin:{NODE_HOME}/bin:{_SYSTEM_PATH}",
        "PYTHONUNBUFFERED": "1",
        # glibc otherwise keeps up to 8 heaps a core in every JVM and Python process.
        "MALLOC_ARENA_MAX": "2",
        "IOT_USER": user,
        "IOT_JAVA_HOME": str(java_home),
        "IOT_JARS_DIR": str(JARS),
        "IOT_LOGS_DIR": str(settings.state.logs),
        "IOT_PIDS_DIR": str(settings.state.pids),
        "IOT_RUN_DIR": str(settings.state.run),
        "IOT_SOCKET": str(settings.state.socket),
        **{name: str(port) for name, port in settings.ports.items()},
        "BIND_HOST": settings.bind_host,
        "CONNECT_HOST": settings.connect_host,
    }
