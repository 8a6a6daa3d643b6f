"""Statistics of readings, grouped."""
