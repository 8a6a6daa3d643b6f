"""The jars of a stack: the lock, fetching, the layout of class paths."""
