"""Sliding windows made of panes."""
