"""The operator's command: installs, starts, watches and stops a stack."""
