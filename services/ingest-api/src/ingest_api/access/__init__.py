"""One slice: who may send, and how often."""
