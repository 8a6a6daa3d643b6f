"""Readings: from the request's bytes to Kafka's acknowledgement."""
