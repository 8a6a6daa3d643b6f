"""The wire contract of the platform: message types, topics, tables, problem types. No logic."""
