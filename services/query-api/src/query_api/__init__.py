"""Answers questions about all readings: one Iceberg snapshot plus the tail of Kafka after it."""
