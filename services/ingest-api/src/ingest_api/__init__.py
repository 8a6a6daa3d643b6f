"""Accepts readings by HTTP, validates them, and answers once Kafka has acknowledged them."""
