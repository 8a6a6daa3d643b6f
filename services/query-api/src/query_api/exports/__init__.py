"""Exports: many readings at once as a file, made in the background."""
