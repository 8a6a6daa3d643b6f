"""API keys: who may ask what, and how often; the same for every service."""
