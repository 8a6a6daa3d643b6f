"""`simulator run`: the fleet in the foreground, on a terminal."""
