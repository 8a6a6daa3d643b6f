"""A stack as containers of Docker Compose."""
