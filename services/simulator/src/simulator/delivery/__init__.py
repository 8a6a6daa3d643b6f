"""Delivery of readings to ingest-api: none lost while it can be helped, none twice."""
