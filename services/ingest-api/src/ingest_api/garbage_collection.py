"""Python's cycle collector, set for batches of thousands of short-lived objects that are in no cycle."""

import gc

YOUNG_OBJECTS = 100_000
"""New objects before a collection; the default of 700 runs one or two for each thousand readings."""


def expect_batches() -> None:
    """Leave what lives for ever out of collections, and collect the rest seldom.

    Reference counts free readings at once; the collector only looks in vain for cycles among them, which took a fifth
    of the time at full load. Memory grows by what is in cycles between two collections, a few MiB.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
