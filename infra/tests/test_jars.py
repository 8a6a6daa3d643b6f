"""The lock of jars, and the download that trusts nothing but its checksums."""

import functools
import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jars import layout, lockfile
from jars.fetch import Fetcher, FetchError, is_unpacked
from jars.lockfile import Artifact, LockError
from jars.resolve import artifact_of

CONTENT = b"a jar" * 1000
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()


def artifact(content: bytes = CONTENT, sha256: str = CHECKSUM, sets: tuple[str, ...] = ("kafka",)) -> Artifact:
    return Artifact("org.example", "tool", "1.2", "jar", "", len(content), sha256, sets)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A Maven repository with one artifact: its file, and its address."""
    file = tmp_path / "remote" / "org" / "example" / "tool" / "1.2" / "tool-1.2.jar"
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    handler = functools.partial(QuietHandler, directory=str(tmp_path / "remote"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield file, {"here": f"http://127.0.0.1:{server.server_port}"}
        server.shutdown()
        thread.join()


def fetch(jars: Path, repositories: dict[str, str], wanted: Artifact) -> Path:
    fetcher = Fetcher(jars, repositories=repositories)
    try:
        fetcher.begin([wanted])
        return fetcher.finish_set("kafka", [wanted])
    finally:
        fetcher.close()


def test_a_line_of_the_lock_reads_back_as_it_was_written() -> None:
    with_classifier = Artifact("org.a", "b", "1", "tar.gz", "bin", 7, "0" * 64, ("hdfs", "spark"))
    for one in (artifact(), with_classifier):
        assert lockfile.parse_line(one.line()) == one
    assert with_classifier.filename == "b-1-bin.tar.gz"
    assert with_classifier.coordinates == "org.a:b:tar.gz:bin:1"


@pytest.mark.parametrize(
    "line",
    [
        "kafka org.a:b:jar:1 7",
        f"kafka org.a:b 7 sha256:{'0' * 64}",
        f"kafka org.a:b:jar:1 7 sha1:{'0' * 40}",
        "kafka org.a:b:jar:1 7 sha256:abc",
    ],
)
def test_a_line_that_says_less_than_it_must_is_refused(line: str) -> None:
    with pytest.raises(LockError):
        lockfile.parse_line(line)


def test_the_committed_lock_is_what_the_resolver_writes() -> None:
    artifacts = lockfile.read()
    assert lockfile.render(artifacts) == lockfile.LOCK_FILE.read_text()
    assert {name for one in artifacts for name in one.sets} == {"kafka", "hdfs", "hive", "spark", "trino"}


def test_a_file_of_a_repository_is_described_with_its_classifier(tmp_path: Path) -> None:
    file = tmp_path / "org" / "x" / "y" / "3.1" / "y-3.1-bin.tar.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    described = artifact_of(file, tmp_path, ("hive",))
    assert (described.coordinates, described.sha256) == ("org.x:y:tar.gz:bin:3.1", CHECKSUM)


def test_an_artifact_is_laid_out_in_the_folder_of_its_set(
    tmp_path: Path, repository: tuple[Path, dict[str, str]]
) -> None:
    folder = fetch(tmp_path / "jars", repository[1], artifact())
    assert (folder / "tool-1.2.jar").read_bytes() == CONTENT


def test_another_content_than_the_lock_names_is_refused_and_not_kept(
    tmp_path: Path, repository: tuple[Path, dict[str, str]]
) -> None:
    repository[0].write_bytes(b"evil!" * 1000)
    with pytest.raises(FetchError, match=r"org.example:tool:jar:1.2: SHA-256 is"):
        fetch(tmp_path / "jars", repository[1], artifact())
    assert [path for path in (tmp_path / "jars").rglob("*") if path.is_file()] == []


def test_a_file_that_was_damaged_is_fetched_again(tmp_path: Path, repository: tuple[Path, dict[str, str]]) -> None:
    folder = fetch(tmp_path / "jars", repository[1], artifact())
    damaged = folder / "tool-1.2.jar"
    damaged.write_bytes(b"A" + CONTENT[1:])
    assert (fetch(tmp_path / "jars", repository[1], artifact()) / "tool-1.2.jar").read_bytes() == CONTENT


def test_what_is_there_and_sound_needs_no_network(tmp_path: Path, repository: tuple[Path, dict[str, str]]) -> None:
    fetch(tmp_path / "jars", repository[1], artifact())
    fetch(tmp_path / "jars", {"nowhere": "http://127.0.0.1:9"}, artifact())


def test_a_jar_that_left_the_lock_leaves_its_folder(tmp_path: Path, repository: tuple[Path, dict[str, str]]) -> None:
    stale = tmp_path / "jars" / "kafka" / "old-1.jar"
    stale.parent.mkdir(parents=True)
    stale.touch()
    fetch(tmp_path / "jars", repository[1], artifact())
    assert not stale.exists()


def test_only_the_wanted_members_of_an_archive_are_unpacked_once(tmp_path: Path) -> None:
    content = archive_of(*((name, CONTENT) for name in ("dist-1/lib/a.jar", "dist-1/bin/run", "dist-1/../escaped.jar")))
    wanted = Artifact("g", "dist", "1", "tar.gz", "", len(content), hashlib.sha256(content).hexdigest(), ("hive",))
    stored = tmp_path / "jars" / "repository" / "g" / "dist" / "1" / "dist-1.tar.gz"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(content)
    fetcher = Fetcher(tmp_path / "jars", repositories={})
    fetcher.begin([wanted])
    folder = tmp_path / "jars" / "dist"
    fetcher.finish_archive(wanted, folder, lambda name: name.endswith(".jar"))
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["a.jar", "unpacked"]
    (folder / "lib" / "a.jar").unlink()
    fetcher.finish_archive(wanted, folder, lambda name: name.endswith(".jar"))
    fetcher.close()
    assert not (folder / "lib" / "a.jar").exists()


def test_a_stack_that_did_not_ask_for_trino_fetches_nothing_of_it() -> None:
    of_every_stack = layout.of_sets(lockfile.read(), layout.SETS)
    assert not [one.name for one in of_every_stack if one.group == "io.trino"]
    assert {one.name for one in layout.of_sets(lockfile.read(), (layout.TRINO,))} == {"trino-server", "trino-cli"}


def test_links_of_an_archive_are_unpacked_wherever_their_file_is(tmp_path: Path) -> None:
    content = archive_of(("dist-1/other/a...b.jar", CONTENT), ("dist-1/lib/a...b.jar", "dist-1/other/a...b.jar"))
    wanted = Artifact("g", "dist", "1", "tar.gz", "", len(content), hashlib.sha256(content).hexdigest(), ("trino",))
    stored = tmp_path / "jars" / "repository" / "g" / "dist" / "1" / "dist-1.tar.gz"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(content)
    fetcher = Fetcher(tmp_path / "jars", repositories={})
    fetcher.begin([wanted])
    folder = tmp_path / "jars" / "dist"
    fetcher.finish_archive(wanted, folder, lambda name: name.startswith("lib/"))
    fetcher.forget(wanted)
    fetcher.close()
    assert (folder / "lib" / "a...b.jar").read_bytes() == CONTENT
    assert not (folder / "other").exists()
    assert is_unpacked(wanted, folder)
    assert not stored.exists()


def archive_of(*members: tuple[str, bytes | str]) -> bytes:
    """An archive of files, and of hard links to the named member."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.LNKTYPE, content
                tar.addfile(member)
            else:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()
