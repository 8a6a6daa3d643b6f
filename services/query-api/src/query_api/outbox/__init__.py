"""Kafka messages that were decided in the database, and are published after it."""
