"""Each sensor's newest reading."""
