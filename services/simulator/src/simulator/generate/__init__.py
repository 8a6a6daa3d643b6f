"""Batch files: what the fleet would have measured in a past period."""
