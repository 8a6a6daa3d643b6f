"""What a worker keeps between two tasks."""

import sys
import zipfile
from importlib import invalidate_caches
from pathlib import Path
from zipimport import zipimporter

import pytest

from stream_processor.operator.worker import forget_archives


def test_archives_on_the_path_are_not_read_again_before_they_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "modules.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("first_in_archive.py", "VALUE = 1")
        file.writestr("second_in_archive.py", "VALUE = 2")
    monkeypatch.syspath_prepend(str(archive))
    assert __import__("first_in_archive").VALUE == 1
    assert isinstance(sys.path_importer_cache[str(archive)], zipimporter)
    forget_archives()
    invalidate_caches()
    assert not any(isinstance(importer, zipimporter) for importer in sys.path_importer_cache.values())
    assert __import__("second_in_archive").VALUE == 2
