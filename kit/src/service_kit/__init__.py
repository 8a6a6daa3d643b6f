"""Process plumbing that knows nothing of sensors; each module serves three services or more."""
