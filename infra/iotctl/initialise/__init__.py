"""Gives each component its first data: each step is done once, and starts over when it was cut short."""
