"""Sensors: what their readings say of them, and what people say."""
