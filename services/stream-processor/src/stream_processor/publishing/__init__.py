"""Messages that leave the service by its event loop."""
