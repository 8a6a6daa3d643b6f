"""Requests as bytes that are encoded before: what they cost must not show in what is measured."""

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
HOST = "127.0.0.1"
CONNECT_WITHIN_S = 10.0


def request_bytes(path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """A POST, ready to be sent."""
    fields = f"Host: 127.0.0.1\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}"
    head = f"POST {path} HTTP/1.1\r\n{fields}\r\n\r\n"
    return head.encode() + body


def question_bytes(path: str) -> bytes:
    """A GET, ready to be sent."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
