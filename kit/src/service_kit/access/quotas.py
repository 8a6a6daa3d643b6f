"""The keys' token buckets, in memory that all worker processes of the service share."""

import fcntl
import hashlib
import mmap
import os
import struct
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Self

from iot_contracts.api_keys import RateLimit
from service_kit.access.token_bucket import Bucket, Decision, acquire

SLOTS_PER_SET = 8
_SLOT = struct.Struct("<16sdd")
"""Digest of the key's id, tokens, when. A slot of zeros is free."""


class SharedQuotas:
    """A table in a file that is mapped into each worker process; `sets` times 8 buckets, and it never grows.

    Without a path it is in memory, for a service of one process.

    A bucket is in one of the 8 slots that its key's digest names. When more keys than that meet in one set, the one
    that was used longest ago gets a full bucket the next time. A change takes three system calls; the lock on the
    file is given up by the kernel when a process dies, which can leave one bucket half written and no other harm.
    `clock` must be the same one in all processes, in seconds, and never go back.
    """

    def __init__(self, path: Path | None, sets: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._sets = sets
        self._clock = clock
        self._open_files = ExitStack()
        self._file_number = -1
        self._table: mmap.mmap

    def __enter__(self) -> Self:
        size = self._sets * SLOTS_PER_SET * _SLOT.size
        file = self._open_files.enter_context(self._open())
        file.truncate(size)
        self._file_number = file.fileno()
        self._table = self._open_files.enter_context(mmap.mmap(self._file_number, size))
        return self

    def __exit__(self, *_: object) -> None:
        self._open_files.close()

    def _open(self) -> BinaryIO:
        if self._path is None:
            return os.fdopen(os.memfd_create("rate limits"), "r+b")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return self._path.open("a+b")

    def acquire(self, key_id: str, limit: RateLimit) -> Decision:
        """Acquire one request from the key's bucket."""
        digest = hashlib.sha256(key_id.encode()).digest()[:16]
        first = int.from_bytes(digest[:4], "big") % self._sets * SLOTS_PER_SET * _SLOT.size
        fcntl.lockf(self._file_number, fcntl.LOCK_EX)
        try:
            place, bucket = self._find(digest, first)
            decision = acquire(bucket, limit, self._clock())
            _SLOT.pack_into(self._table, place, digest, decision.bucket.tokens, decision.bucket.at_s)
        finally:
            fcntl.lockf(self._file_number, fcntl.LOCK_UN)
        return decision

    def _find(self, digest: bytes, first: int) -> tuple[int, Bucket | None]:
        oldest, oldest_at_s = first, float("inf")
        for place in range(first, first + SLOTS_PER_SET * _SLOT.size, _SLOT.size):
            owner, tokens, at_s = _SLOT.unpack_from(self._table, place)
            if owner == digest:
                return place, Bucket(tokens, at_s)
            if at_s < oldest_at_s:
                oldest, oldest_at_s = place, at_s
        return oldest, None
