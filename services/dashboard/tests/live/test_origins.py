"""Which pages may open the WebSocket."""

import pytest

from dashboard.live.origins import is_allowed


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
        ("", "", False),
        ("http://127.0.0.1:8000", None, False),
    ],
)
def test_only_the_page_itself_and_listed_origins_pass(origin: str | None, host: str | None, allowed: bool) -> None:
    assert is_allowed(origin, host, ("https://friend.example.org",)) is allowed
