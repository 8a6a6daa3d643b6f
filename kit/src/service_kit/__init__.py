"""Process plumbing that knows nothing of sensors; what is here serves three services or more."""
