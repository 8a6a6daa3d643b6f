"""The key figures of the whole platform."""
