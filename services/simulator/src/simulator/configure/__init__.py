"""The interactive set-up: questions, and the YAML file made of the answers."""
