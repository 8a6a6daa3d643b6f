"""Which pages may open the WebSocket and give orders: protection against cross-site requests. Pure."""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit


def is_allowed(origin: str | None, host: str | None, allowed_origins: Collection[str]) -> bool:
    """Whether a request with these `Origin` and `Host` headers may go on.

    Browsers always send an origin; a client without one is no browser and cannot be abused through a
    victim's browser. An origin passes when it is the address the page itself is served from, or listed.
    """
    if origin is None:
        return True
    if origin in allowed_origins:
        return True
    return host is not None and origin.lower() in {f"http://{host}".lower(), f"https://{host}".lower()}


def may_give_orders(origin: str | None, host: str | None, allowed_origins: Collection[str]) -> bool:
    """Whether a request that changes something may go on: as `is_allowed`, but from no name that is not listed.

    Whoever owns a name can let it stand for this machine's address (DNS rebinding), and the browser then takes their
    page for ours. An address and `localhost` stand for themselves.
    """
    if not is_allowed(origin, host, allowed_origins):
        return False
    return origin is None or origin in allowed_origins or _stands_for_itself(origin)


def _stands_for_itself(origin: str) -> bool:
    try:
        hostname = urlsplit(origin).hostname or ""
        return hostname == "localhost" or bool(ip_address(hostname))
    except ValueError:
        return False
