"""The C library's allocator, set for buffers of a megabyte that come and go many times a second."""

import ctypes

KEPT_FREE_BYTES = 32 * 1024**2
"""As much as bodies may take in flight by default."""
LARGEST_IN_HEAP_BYTES = 4 * 1024**2
"""Larger buffers get pages of their own and give them back; a request to Kafka is at most half as large."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h


def keep_freed_memory() -> None:
    """Let glibc keep what is freed, up to KEPT_FREE_BYTES, instead of giving it back at once.

    The Kafka client copies each request eight times on its way out. By default every such round gives its pages back
    and gets them anew, cleared by the kernel: at full load ten times what the copies cost.
    """
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_TRIM_THRESHOLD, KEPT_FREE_BYTES)
    libc.mallopt(_M_MMAP_THRESHOLD, LARGEST_IN_HEAP_BYTES)
