"""Which pages may open the WebSocket: protection against cross-site WebSocket hijacking. Pure."""

from collections.abc import Collection
from urllib.parse import urlsplit


def is_allowed(origin: str | None, host: str | None, allowed_origins: Collection[str]) -> bool:
    """Whether a handshake with these `Origin` and `Host` headers may go on.

    Browsers always send an origin; a client without one is no browser and cannot be abused through a
    victim's browser. An origin passes when it is the address the page itself is served from, or listed.
    """
    if origin is None:
        return True
    if origin in allowed_origins:
        return True
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and host is not None and parts.netloc.lower() == host.lower()
