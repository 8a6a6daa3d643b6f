"""What this service holds at the moment."""
