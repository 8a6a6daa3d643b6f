"""What is done with one micro-batch: read, store, publish."""
