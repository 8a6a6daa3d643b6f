"""The driver's part in alerts: which rules a batch is judged by."""
