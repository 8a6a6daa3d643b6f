"""Silences: alerts that nobody is notified of until a time."""
