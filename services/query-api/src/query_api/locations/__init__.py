"""Figures of each location."""
