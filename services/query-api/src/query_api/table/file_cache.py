"""Data files on local disk: bounded, the longest unused go first. A data file never changes, so neither does a copy.

Queries run in several threads; every public method may be called from any of them.
"""

import hashlib
import os
import tempfile
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from query_api.errors import QueryTooLargeError
from query_api.table.data_files import DataFile

SUFFIX = ".parquet"


class FileCache:
    """A folder of copies of data files, at most `max_bytes` of them.

    `fetch` copies a file of the table to a local path and returns its size. A copy is written under a temporary
    name and renamed, so that a crash leaves no half file. What is being read is never thrown out.
    """

    def __init__(self, folder: Path, *, max_bytes: int, fetch: Callable[[str, Path], int]) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._fetch = fetch
        self._lock = threading.Lock()
        self._sizes: OrderedDict[Path, int] = OrderedDict()
        self._in_use: Counter[Path] = Counter()

    def open(self) -> None:
        """Take stock of the copies that an earlier run left, the most recently used last."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for leftover in self._folder.glob("*.tmp"):
            leftover.unlink()
        found = [(path, path.stat()) for path in self._folder.glob(f"*{SUFFIX}")]
        for path, status in sorted(found, key=lambda item: item[1].st_mtime):
            self._sizes[path] = status.st_size

    @property
    def used_bytes(self) -> int:
        """Size of all copies."""
        return sum(self._sizes.values())

    def prefetch(self, files: Sequence[DataFile]) -> None:
        """Bring `files` as long as nothing has to be thrown out for them."""
        for file in files:
            if self.used_bytes + file.size_bytes > self._max_bytes:
                return
            with self.lease([file]):
                pass

    @contextmanager
    def lease(self, files: Sequence[DataFile]) -> Iterator[list[str]]:
        """Local paths of `files`, fetched where missing; they stay until the block ends.

        Raises QueryTooLargeError when they don't fit together, TableUnavailableError when HDFS is away.
        """
        wanted_bytes = sum(file.size_bytes for file in files)
        if wanted_bytes > self._max_bytes:
            raise QueryTooLargeError(
                f"the query touches {wanted_bytes >> 20} MiB of files, the local cache may hold "
                f"{self._max_bytes >> 20} MiB: narrow `from` and `to`, or raise QUERY_API_CACHE_MAX_MB"
            )
        paths = [self._path(file) for file in files]
        with self._lock:
            self._in_use.update(paths)
        try:
            for file, path in zip(files, paths, strict=True):
                self._ensure(file, path)
            yield [str(path) for path in paths]
        finally:
            with self._lock:
                self._in_use.subtract(paths)

    def scratch_file(self) -> IO[bytes]:
        """An empty file beside the copies that has no name: it is gone once it is closed, or its process ends."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=self._folder)

    def _path(self, file: DataFile) -> Path:
        return self._folder / (hashlib.sha256(file.path.encode()).hexdigest()[:32] + SUFFIX)

    def _ensure(self, file: DataFile, path: Path) -> None:
        with self._lock:
            if path in self._sizes:
                self._sizes.move_to_end(path)
                os.utime(path)
                return
        temporary = path.with_suffix(f".{threading.get_ident()}.tmp")
        size_bytes = self._fetch(file.path, temporary)
        temporary.rename(path)
        with self._lock:
            self._sizes[path] = size_bytes
            self._shrink()

    def _shrink(self) -> None:
        excess = self.used_bytes - self._max_bytes
        for path in [path for path in self._sizes if self._in_use[path] == 0]:
            if excess <= 0:
                return
            excess -= self._sizes.pop(path)
            with suppress(FileNotFoundError):
                path.unlink()
