"""Table and tail as one, and what keeps it current."""
