"""Reads whole files of HDFS, for ourselves and for pyiceberg. The only module that knows hdfs-native."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hdfs_native import Client, FileReader
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile

from query_api.errors import TableUnavailableError


class Hdfs(FileIO):
    """Files as pyiceberg's FileIO sees them, read only.

    A file is read in one go into memory: table metadata and small files. hdfs-native's file objects
    must not be shared between threads; here none outlives the call that made it.
    """

    def __init__(self, uri: str) -> None:
        super().__init__()
        self._uri = uri
        self._client: Client | None = None

    def read(self, location: str) -> bytes:
        """The whole content of a file. Raises TableUnavailableError when it cannot be read."""
        with self._failures_named(location):
            return self._open(location).read()

    def copy(self, location: str, target: Path) -> int:
        """Copy a file to local disk piece by piece; returns its size in bytes. Raises TableUnavailableError."""
        with self._failures_named(location), target.open("wb") as copy:
            source = self._open(location)
            for piece in source.read_range_stream(0, len(source)):
                copy.write(piece)
            return len(source)

    def _open(self, location: str) -> FileReader:
        if self._client is None:
            self._client = Client(self._uri)
        return self._client.read(urlsplit(location).path)

    @contextmanager
    def _failures_named(self, location: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # hdfs-native raises RuntimeError, OSError and more
            raise TableUnavailableError(f"HDFS at {self._uri} did not give {location}: {error}") from error

    def new_input(self, location: str) -> InputFile:
        """A file for pyiceberg to read."""
        return _HdfsInputFile(location, self)

    def new_output(self, location: str) -> OutputFile:
        """Never: this service only reads the table."""
        raise PermissionError(f"{location}: tables are read only here")

    def delete(self, location: Any) -> None:
        """Never: this service only reads the table."""
        raise PermissionError(f"{location}: tables are read only here")


class _HdfsInputFile(InputFile):
    def __init__(self, location: str, hdfs: Hdfs) -> None:
        super().__init__(location)
        self._hdfs = hdfs

    def __len__(self) -> int:
        return len(self._hdfs.read(self.location))

    def exists(self) -> bool:
        return True

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002 - every stream of bytes is seekable
        return io.BytesIO(self._hdfs.read(self.location))
