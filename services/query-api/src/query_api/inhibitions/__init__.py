"""Alerts that others speak for: kept and shown, and nobody is notified of them meanwhile."""
