"""How much is normal: the same figures for the audit and for `iotctl doctor`."""

LATE_AFTER_S = 60
"""A message that is not stored after a minute has waited for more than one micro-batch."""
MAX_LOCK_AGE_S = 60
"""A commit holds its lock for less than a second."""
MAX_SNAPSHOTS = 1_000
MAX_FILES_OF_A_DAY = 1_000
"""A commit every 3 s makes 200 snapshots and files in the 10 minutes between two runs of the maintenance, and what was
replaced stays for 15 minutes more: 500. Twice that leaves room for runs that take their time."""
