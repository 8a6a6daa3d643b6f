"""Readings of Kafka that no snapshot holds yet: offsets to columns. Pure."""
