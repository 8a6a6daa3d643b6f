"""For tests: requests that each service must accept or refuse, the same for all of them."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

Message = MutableMapping[str, Any]

MALFORMED, MISDIRECTED, FOREIGN = "malformed_host", "misdirected_request", "foreign_origin"
STATUS = {MALFORMED: 400, MISDIRECTED: 421, FOREIGN: 403}
NOWHERE = "/v9/nothing"
"""No service has this address, so that an accepted request is answered 404 and does nothing."""
_OWN = ("Host", "127.0.0.1:8000")


class Example(NamedTuple):
    """Headers, and the problem with which a request that reads, or one that changes something, is refused."""

    name: str
    headers: tuple[tuple[str, str], ...]
    reading: str | None
    changing: str | None


def _host(name: str, problem: str | None, *hosts: str) -> Example:
    return Example(name, tuple(("Host", host) for host in hosts), problem, problem)


def _sender(name: str, problem: str | None, *headers: tuple[str, str], host: tuple[str, str] = _OWN) -> Example:
    return Example(name, (host, *headers), None, problem)


HOSTS = (
    _host("an IPv4 address", None, "127.0.0.1:8000"),
    _host("an address of a network", None, "192.168.1.20:8000"),
    _host("an IPv6 address", None, "[::1]:8000"),
    _host("no port", None, "127.0.0.1"),
    _host("an empty port", None, "127.0.0.1:"),
    _host("localhost", None, "localhost:8000"),
    _host("upper case", None, "LOCALHOST:8000"),
    _host("a dot at the end", None, "localhost.:8000"),
    _host("a foreign name", MISDIRECTED, "evil.example.org:8000"),
    _host("a foreign name, dot at the end", MISDIRECTED, "evil.example.org."),
    _host("punycode", MISDIRECTED, "xn--bcher-kva.example"),
    _host("below localhost", MISDIRECTED, "evil.localhost"),
    _host("localhost below another name", MISDIRECTED, "localhost.evil.example.org"),
    _host("an address below a name", MISDIRECTED, "127.0.0.1.evil.example.org"),
    _host("a short form of an address", MISDIRECTED, "127.1"),
    _host("a number as an address", MISDIRECTED, "2130706433"),
    _host("a name of one word that no setting names", MISDIRECTED, "neighbour:8001"),
    _host("no Host at all", MALFORMED),
    _host("an empty Host", MALFORMED, ""),
    _host("two Hosts", MALFORMED, "127.0.0.1", "127.0.0.1"),
    _host("a list of hosts", MALFORMED, "127.0.0.1, evil.example.org"),
    _host("userinfo", MALFORMED, "user@127.0.0.1"),
    _host("userinfo that looks like an address", MALFORMED, "127.0.0.1:8000@evil.example.org"),
    _host("percent-encoding", MALFORMED, "%6cocalhost"),
    _host("a path", MALFORMED, "127.0.0.1/evil"),
    _host("a scheme", MALFORMED, "http://127.0.0.1"),
    _host("IPv6 without brackets", MALFORMED, "::1"),
    _host("IPv6 with a zone", MALFORMED, "[fe80::1%25eth0]:8000"),
    _host("IPv4 in brackets", MALFORMED, "[127.0.0.1]"),
    _host("a port that is none", MALFORMED, "127.0.0.1:99999"),
    _host("a port in words", MALFORMED, "127.0.0.1:http"),
    _host("two ports", MALFORMED, "127.0.0.1:80:80"),
    _host("letters that are not ASCII", MALFORMED, "b\u00fccher.example"),
    _host("two dots at the end", MALFORMED, "localhost.."),
    _host("a name without an end", MALFORMED, "a" * 5000),
    Example("X-Forwarded-Host says another one", (_OWN, ("X-Forwarded-Host", "evil.example.org")), None, None),
    Example(
        "X-Forwarded-Host says ours",
        (("Host", "evil.example.org"), ("X-Forwarded-Host", "127.0.0.1")),
        *(MISDIRECTED, MISDIRECTED),
    ),
)
SENDERS = (
    _sender("no browser", None),
    _sender("our own page", None, ("Origin", "http://127.0.0.1:8000"), ("Sec-Fetch-Site", "same-origin")),
    _sender("our own page, upper case", None, ("Origin", "HTTP://127.0.0.1:8000")),
    _sender("our own page, default port", None, ("Origin", "http://127.0.0.1"), host=("Host", "127.0.0.1:80")),
    _sender("our own page, IPv6", None, ("Origin", "http://[::1]:8000"), host=("Host", "[0:0::1]:8000")),
    _sender("the person who typed the address", None, ("Sec-Fetch-Site", "none")),
    _sender("another site", FOREIGN, ("Origin", "https://evil.example.org")),
    _sender("another port", FOREIGN, ("Origin", "http://127.0.0.1:8001")),
    _sender("another scheme", FOREIGN, ("Origin", "https://127.0.0.1:8000")),
    _sender("another name of this machine", FOREIGN, ("Origin", "http://localhost:8000")),
    _sender("a name that begins with ours", FOREIGN, ("Origin", "http://127.0.0.1:8000.evil.example.org")),
    _sender("a page without an origin", FOREIGN, ("Origin", "null")),
    _sender("an empty Origin", FOREIGN, ("Origin", "")),
    _sender("a malformed Origin", FOREIGN, ("Origin", "http://[")),
    _sender("an Origin with a path", FOREIGN, ("Origin", "http://127.0.0.1:8000/")),
    _sender("an Origin with userinfo", FOREIGN, ("Origin", "http://evil@127.0.0.1:8000")),
    _sender("an extension of the browser", FOREIGN, ("Origin", "chrome-extension://abcdefghijklmnop")),
    _sender("two Origins", FOREIGN, ("Origin", "http://127.0.0.1:8000"), ("Origin", "http://127.0.0.1:8000")),
    _sender("a list of Origins", FOREIGN, ("Origin", "http://127.0.0.1:8000 https://evil.example.org")),
    _sender("Sec-Fetch-Site alone, another site", FOREIGN, ("Sec-Fetch-Site", "cross-site")),
    _sender("Sec-Fetch-Site alone, a sister site", FOREIGN, ("Sec-Fetch-Site", "same-site")),
    _sender("Sec-Fetch-Site that nobody knows", FOREIGN, ("Sec-Fetch-Site", "Same-Origin")),
    _sender("an empty Sec-Fetch-Site", FOREIGN, ("Sec-Fetch-Site", "")),
    _sender("two Sec-Fetch-Sites", FOREIGN, ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")),
    _sender("our Origin, another site", FOREIGN, ("Origin", "http://127.0.0.1:8000"), ("Sec-Fetch-Site", "cross-site")),
    _sender("another Origin, our site", FOREIGN, ("Origin", "http://evil.example"), ("Sec-Fetch-Site", "same-origin")),
    _sender("a form as text", FOREIGN, ("Origin", "http://evil.example"), ("Content-Type", "text/plain")),
    _sender("an overridden method", FOREIGN, ("Origin", "http://evil.example"), ("X-HTTP-Method-Override", "GET")),
    _sender("a key that nobody has", FOREIGN, ("Origin", "http://evil.example"), ("Authorization", "Bearer iot_0_x")),
)
EXAMPLES = (*HOSTS, *SENDERS)


async def refused(
    app: Callable[..., Awaitable[None]], method: str, path: str, headers: tuple[tuple[str, str], ...]
) -> int | None:
    """The status with which `app` refuses a request by the guard, or None when the request is accepted."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "app": app,
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    status: int = sent[0]["status"]
    return status if status in STATUS.values() else None


def status_of(problem: str | None) -> int | None:
    """The status of a problem, None for none."""
    return None if problem is None else STATUS[problem]


EVIL = (("Host", "127.0.0.1:8000"), ("Origin", "https://evil.example.org"))
"""The headers of a request that a page of another site sends."""


def changes_of(openapi: dict[str, Any]) -> list[tuple[str, str]]:
    """Method and path of all that changes something: the documented operations, and methods that no address has."""
    changing = [
        (method.upper(), path)
        for path, operations in openapi["paths"].items()
        for method in operations
        if method not in ("get", "head", "options")
    ]
    return [*changing, ("POST", "/"), ("DELETE", "/livez"), ("TRACE", "/livez"), ("get", "/livez")]
