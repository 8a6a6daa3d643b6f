"""The C library's allocator and Python's garbage collector, set for batches that come and go many times a second."""

import ctypes
import gc

KEPT_FREE_BYTES = 32 * 1024**2
"""As much as bodies may take in flight by default."""
LARGEST_IN_HEAP_BYTES = 4 * 1024**2
"""Larger buffers get pages of their own and give them back; a request to Kafka is at most half as large."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
YOUNG_OBJECTS = 100_000
"""New objects before a collection; the default of 700 runs one or two for each thousand readings."""


def keep_freed_memory() -> None:
    """Let glibc keep what is freed, up to KEPT_FREE_BYTES, instead of giving it back at once.

    The Kafka client copies each request eight times on its way out. By default every such round gives its pages back
    and gets them anew, cleared by the kernel: at full load ten times what the copies cost.
    """
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_TRIM_THRESHOLD, KEPT_FREE_BYTES)
    libc.mallopt(_M_MMAP_THRESHOLD, LARGEST_IN_HEAP_BYTES)


def collect_garbage_rarely() -> None:
    """Leave permanent objects out of collections, and run collections rarely.

    Reference counts free readings at once; the collector only searches them for cycles in vain, which took a fifth of
    the time at full load. Memory grows by the cycles between two collections, a few MiB.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
