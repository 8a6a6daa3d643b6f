"""Replay of recorded series: a file's rows become one sensor's readings."""
