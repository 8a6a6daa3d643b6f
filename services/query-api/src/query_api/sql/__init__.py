"""SQL of one's own, and the questions that are kept under a name."""
