"""What an answer allows a browser: almost nothing beyond our own origin."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def security_headers(policy: str = PAGE_POLICY) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of an answer whose Content-Security-Policy is `policy`, as ASGI has them."""
    return (
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
    )
