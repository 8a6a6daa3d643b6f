"""Alerts: what the stream found, and what people did about it."""
