"""Brings the jars of the lock into `.local/jars`, in parallel, each checked against its SHA-256.

`jgo` knows where Maven Central is and how it is laid out. Only its own `download` is replaced: it asks for a checksum
beside every file and opens a new connection for each; here a connection per thread is kept, and the checksum is the
committed one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import requests
from jgo.maven import MavenContext

from jars.lockfile import Artifact

CONNECTIONS = 12
ATTEMPTS = 3
TIMEOUT_S = 30
CHUNK_BYTES = 1 << 18
# Written last into the folder of an unpacked archive.
_STAMP = "unpacked"

Progress = Callable[[int], None]


class FetchError(RuntimeError):
    """An artifact could not be downloaded, or is not the one that the lock names."""


def sha256_of(path: Path) -> str:
    """Return the hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(path: Path, artifact: Artifact) -> bool:
    """Tell whether the file is there and is the one that the lock names."""
    try:
        return path.stat().st_size == artifact.size_bytes and sha256_of(path) == artifact.sha256
    except FileNotFoundError:
        return False


def certificates() -> str | bool:
    """Return the certificate authorities that the person's environment names, else the default ones."""
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    return named if named and Path(named).exists() else True


def is_unpacked(artifact: Artifact, folder: Path) -> bool:
    """Tell whether the archive that the lock names is unpacked in this folder."""
    stamp = folder / _STAMP
    return stamp.exists() and stamp.read_text() == artifact.sha256


class Fetcher:
    """Downloads artifacts into a local Maven repository; every artifact once, whoever asks for it."""

    def __init__(
        self, jars_dir: Path, progress: Progress = lambda _: None, repositories: dict[str, str] | None = None
    ) -> None:
        """`repositories` maps names to base addresses; by default those that jgo knows, that is Maven Central."""
        self._jars_dir = jars_dir
        self._context = MavenContext(repo_cache=jars_dir / "repository", remote_repos=repositories)
        self._progress = progress
        self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="jars")
        self._connections = threading.local()
        self._files: dict[str, Future[Path]] = {}

    def begin(self, artifacts: Iterable[Artifact]) -> None:
        """Start all downloads, in the given order."""
        for artifact in artifacts:
            self._files[artifact.coordinates] = self._pool.submit(self._bring, artifact)

    def finish_set(self, set_name: str, artifacts: Iterable[Artifact]) -> Path:
        """Wait for the artifacts of one class path and lay them out in a folder of its own; return that folder."""
        folder = self._jars_dir / set_name
        wanted = {
            artifact.filename: self._files[artifact.coordinates].result()
            for artifact in artifacts
            if set_name in artifact.sets and artifact.packaging == "jar"
        }
        folder.mkdir(parents=True, exist_ok=True)
        for stale in {path.name for path in folder.iterdir()} - wanted.keys():
            (folder / stale).unlink()
        for name, source in wanted.items():
            _link(source, folder / name)
        return folder

    def finish_archive(self, artifact: Artifact, folder: Path, keep: Callable[[str], bool]) -> None:
        """Wait for an archive and unpack the members that `keep` names, without their first folder."""
        source = self._files[artifact.coordinates].result()
        if is_unpacked(artifact, folder):
            return
        shutil.rmtree(folder, ignore_errors=True)
        _unpack(source, folder, keep)
        (folder / _STAMP).write_text(artifact.sha256)

    def forget(self, artifact: Artifact) -> None:
        """Delete the file of an artifact that is laid out otherwise."""
        self._files[artifact.coordinates].result().unlink()

    def close(self) -> None:
        """Give up what has not begun, wait for what has."""
        self._pool.shutdown(cancel_futures=True)

    def _bring(self, artifact: Artifact) -> Path:
        handle = (
            self._context.project(artifact.group, artifact.name)
            .at_version(artifact.version)
            .artifact(artifact.classifier, artifact.packaging)
        )
        path = self._context.repo_cache / handle.component.path_prefix / artifact.filename
        if check(path, artifact):
            self._progress(artifact.size_bytes)
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        sources = [
            f"{repository}/{handle.component.path_prefix.as_posix()}/{artifact.filename}"
            for repository in self._context.remote_repos.values()
        ]
        return self._download_with_retries(artifact, sources, path)

    def _download_with_retries(self, artifact: Artifact, sources: list[str], path: Path) -> Path:
        for attempt in range(1, ATTEMPTS + 1):
            for source in sources:
                try:
                    return self._download(artifact, source, path)
                except (requests.RequestException, OSError, FetchError) as error:
                    if attempt == ATTEMPTS:
                        raise FetchError(f"{artifact.coordinates}: {error}") from error
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _download(self, artifact: Artifact, source: str, path: Path) -> Path:
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        digest = hashlib.sha256()
        received = 0
        try:
            with self._session().get(source, stream=True, timeout=TIMEOUT_S) as response:
                response.raise_for_status()
                with partial.open("wb") as file:
                    for chunk in response.iter_content(CHUNK_BYTES):
                        file.write(chunk)
                        digest.update(chunk)
                        received += len(chunk)
                        self._progress(len(chunk))
            if digest.hexdigest() != artifact.sha256:
                raise FetchError(f"SHA-256 is {digest.hexdigest()}, the lock says {artifact.sha256}")
            partial.replace(path)
        except BaseException:
            self._progress(-received)
            partial.unlink(missing_ok=True)
            raise
        return path

    def _session(self) -> requests.Session:
        if not hasattr(self._connections, "session"):
            session = requests.Session()
            session.verify = certificates()
            self._connections.session = session
        session = self._connections.session
        assert isinstance(session, requests.Session)
        return session


def _link(source: Path, target: Path) -> None:
    if target.exists() and target.samefile(source):
        return
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


def _unpack(source: Path, folder: Path, keep: Callable[[str], bool]) -> None:
    with tarfile.open(source) as archive:
        members = {member.name: member for member in archive.getmembers()}
        kept = {}
        for path, member in members.items():
            name = path.partition("/")[2]
            if (member.isfile() or member.islnk()) and keep(name) and ".." not in name.split("/"):
                kept[name] = members[member.linkname] if member.islnk() else member
        written: dict[int, Path] = {}
        # In the archive's order: going back means decompressing it from its begin.
        for name, member in sorted(kept.items(), key=lambda item: item[1].offset_data):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if member.offset_data in written:
                _link(written[member.offset_data], target)
                continue
            content = archive.extractfile(member)
            assert content is not None
            with target.open("wb") as file:
                shutil.copyfileobj(content, file)
            written[member.offset_data] = target
