"""Readings in buckets of time."""
