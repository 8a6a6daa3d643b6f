"""The bounded folder of data files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from query_api.errors import QueryTooLargeError, TableUnavailableError
from query_api.table.data_files import DataFile
from query_api.table.file_cache import FileCache

MakeFile = Callable[..., DataFile]


class Source:
    """Files of 100 bytes; counts what is fetched."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.away = False

    def fetch(self, path: str, target: Path) -> int:
        self.fetched.append(path)
        target.write_bytes(path.encode().ljust(100))
        if self.away:
            raise TableUnavailableError("away")
        return 100


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def cache(folder: Path, source: Source) -> FileCache:
    cache = FileCache(folder, max_bytes=300, fetch=source.fetch)
    cache.open()
    return cache


def named(data_file: MakeFile, *names: str) -> list[DataFile]:
    return [data_file(name, size_bytes=100) for name in names]


def test_a_file_is_fetched_once(cache: FileCache, source: Source, data_file: MakeFile) -> None:
    for _ in range(2):
        with cache.lease(named(data_file, "a", "b")) as paths:
            assert [Path(path).read_bytes().strip() for path in paths] == [b"a", b"b"]
    assert source.fetched == ["a", "b"]


def test_the_longest_unused_goes_first(cache: FileCache, source: Source, data_file: MakeFile) -> None:
    for name in ("a", "b", "c", "a", "d"):
        with cache.lease(named(data_file, name)):
            pass
    source.fetched.clear()
    with cache.lease(named(data_file, "a", "c", "d")):
        assert source.fetched == []
    assert cache.used_bytes == 300


def test_what_is_being_read_is_not_thrown_out(cache: FileCache, data_file: MakeFile) -> None:
    with cache.lease(named(data_file, "a", "b", "c")) as held, cache.lease(named(data_file, "d")):
        assert all(Path(path).exists() for path in held)
    with cache.lease(named(data_file, "e")):
        assert cache.used_bytes <= 300


def test_more_than_the_cache_holds_is_refused_with_the_remedy(cache: FileCache, data_file: MakeFile) -> None:
    with pytest.raises(QueryTooLargeError, match="QUERY_API_CACHE_MAX_MB"), cache.lease(named(data_file, *"abcd")):
        pass


def test_a_failed_fetch_leaves_no_file_under_its_name(
    cache: FileCache, source: Source, data_file: MakeFile, folder: Path
) -> None:
    source.away = True
    with pytest.raises(TableUnavailableError), cache.lease(named(data_file, "a")):
        pass
    assert not list(folder.glob("*.parquet"))
    source.away = False
    with cache.lease(named(data_file, "a")) as [path]:
        assert Path(path).exists()


def test_after_a_restart_copies_are_used_again_and_leftovers_are_gone(
    cache: FileCache, source: Source, data_file: MakeFile, folder: Path
) -> None:
    with cache.lease(named(data_file, "a")):
        pass
    (folder / "half.1.tmp").write_bytes(b"x")
    again = FileCache(folder, max_bytes=300, fetch=source.fetch)
    again.open()
    with again.lease(named(data_file, "a")):
        pass
    assert source.fetched == ["a"]
    assert again.used_bytes == 100
    assert not list(folder.glob("*.tmp"))


def test_prefetching_throws_nothing_out(cache: FileCache, source: Source, data_file: MakeFile) -> None:
    with cache.lease(named(data_file, "a", "b")):
        pass
    cache.prefetch(named(data_file, "c", "d", "e"))
    assert source.fetched == ["a", "b", "c"]
