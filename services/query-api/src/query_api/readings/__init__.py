"""Single readings, newest first."""
