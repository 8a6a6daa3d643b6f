"""Which pages may open the WebSocket, and which may give orders."""

import pytest

from dashboard.pages.origins import is_allowed, may_give_orders


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("https://IoT.example.org", "iot.example.org", True),
        (None, "127.0.0.1:8000", True),
        ("https://friend.example.org", "127.0.0.1:8000", True),
        ("https://evil.example.org", "127.0.0.1:8000", False),
        ("http://127.0.0.1:9999", "127.0.0.1:8000", False),
        ("http://127.0.0.1:8000.evil.example.org", "127.0.0.1:8000", False),
        ("null", "127.0.0.1:8000", False),
        ("http://[", "127.0.0.1:8000", False),
        ("", "", False),
        ("http://127.0.0.1:8000", None, False),
    ],
)
def test_only_the_page_itself_and_listed_origins_pass(origin: str | None, host: str | None, allowed: bool) -> None:
    assert is_allowed(origin, host, ("https://friend.example.org",)) is allowed


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (None, "127.0.0.1:8000", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://localhost:8000", "localhost:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("https://friend.example.org", "friend.example.org", True),
        ("http://127.0.0.1:8000", "127.0.0.1:9000", False),
        ("http://[", "[", False),
        ("http://0.0.0.0:8000", "0.0.0.0:8000", True),
        # A name that its owner lets stand for this machine's address.
        ("http://rebound.example.org:8000", "rebound.example.org:8000", False),
        ("http://127.0.0.1.example.org:8000", "127.0.0.1.example.org:8000", False),
    ],
)
def test_a_name_that_is_not_listed_gives_no_orders(origin: str | None, host: str | None, allowed: bool) -> None:
    assert may_give_orders(origin, host, ("https://friend.example.org",)) is allowed
