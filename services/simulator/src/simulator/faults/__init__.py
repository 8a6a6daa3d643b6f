"""Faults: which there are, when they strike and what they do to a reading. Pure; ground truth included."""
