"""What runs statements over a view."""
