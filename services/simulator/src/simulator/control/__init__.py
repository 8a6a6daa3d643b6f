"""The control API: what the fleet does, and letting it do something else now."""
