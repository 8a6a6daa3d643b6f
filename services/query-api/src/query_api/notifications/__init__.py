"""Webhooks that are told about alerts, and their deliveries."""
