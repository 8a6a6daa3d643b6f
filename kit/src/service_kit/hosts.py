"""What `Host` and `Origin` headers name. Pure."""

import re
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

MAX_LENGTH = 260
"""253 characters of a name, its dot, a colon and a port."""
_MAX_PORT = 65535
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_AUTHORITY = re.compile(rf"(?P<name>\[[0-9a-f:.]+\]|{_LABEL}(?:\.{_LABEL})*\.?)(?::(?P<port>[0-9]{{0,5}}))?")


class Authority(NamedTuple):
    """`host` or `host:port`. The name is in lower case and without the dot at the end; IPv6 is in brackets."""

    name: str
    port: int | None

    @property
    def is_address(self) -> bool:
        """Whether it is an IP address or `localhost`, which cannot be rebound to another machine."""
        if self.name == "localhost" or self.name.startswith("["):
            return True
        try:
            return bool(ip_address(self.name))
        except ValueError:
            return False


class Origin(NamedTuple):
    """Scheme, host and port of a page."""

    scheme: str
    name: str
    port: int


def parse_authority(text: str) -> Authority:
    """Read a `Host` header. Raises ValueError for anything else, such as userinfo, percent-encoding or zone ids."""
    parts = _AUTHORITY.fullmatch(text.lower()) if text.isascii() and len(text) <= MAX_LENGTH else None
    port = int(parts["port"]) if parts and parts["port"] else None
    if parts is None or (port or 0) > _MAX_PORT:
        raise ValueError(f"{text[:MAX_LENGTH]!r} is not host or host:port")
    name = parts["name"]
    if name.startswith("["):
        return Authority(f"[{IPv6Address(name[1:-1])}]", port)
    return Authority(name.removesuffix("."), port)


def parse_origin(text: str) -> Origin:
    """Read an `Origin` header. Raises ValueError for anything but `http(s)://host[:port]`, such as `null`."""
    scheme, _, rest = text.partition("://")
    if scheme.lower() not in _DEFAULT_PORTS:
        raise ValueError(f"{text[:MAX_LENGTH]!r} is not http://host[:port] or https://host[:port]")
    return origin_of(scheme.lower(), parse_authority(rest))


def origin_of(scheme: str, authority: Authority) -> Origin:
    """The origin of pages served over `scheme` at `authority`."""
    return Origin(scheme, authority.name, authority.port or _DEFAULT_PORTS[scheme])


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens on `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
