"""PostgreSQL under root: near the project where its user can reach it, else in a home of its own."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from iotctl import postgres_place as module
from iotctl.postgres_place import SYSTEM_USER, postgres_place
from iotctl.settings import Settings, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"STATE_DIR": str(tmp_path / "state")})


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    asked: list[Path] = []

    def answer(paths: list[Path]) -> bool:
        asked.extend(paths)
        return True

    monkeypatch.setattr(module, "others_can_reach", answer)
    return asked


def test_an_ordinary_user_runs_the_server_as_itself(settings: Settings) -> None:
    place = postgres_place(settings, uid=1000)
    assert (place.user, place.is_away) == (None, False)


def test_root_gets_the_server_s_own_user(settings: Settings, reachable: list[Path]) -> None:
    place = postgres_place(settings, uid=0)
    assert (place.user, place.is_away) == (SYSTEM_USER, False)
    assert settings.state.data / "postgres" in reachable


def test_a_state_folder_that_others_cannot_enter_moves_the_server_away(settings: Settings, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    place = postgres_place(settings, uid=0)
    assert place.is_away
    assert settings.state.root not in place.data_dir.parents


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others can reach (pytest's own are closed to them)."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_others_need_to_pass_every_folder_and_read_the_file(open_folder: Path) -> None:
    folder = open_folder / "folder"
    folder.mkdir(mode=0o755)
    file = folder / "file"
    file.touch(0o644)
    assert module.others_can_reach([file])
    file.chmod(0o600)
    assert not module.others_can_reach([file])
    file.chmod(0o644)
    folder.chmod(0o750)
    assert not module.others_can_reach([file])


def test_a_folder_that_is_the_server_s_own_may_be_closed(open_folder: Path) -> None:
    own = open_folder / "data"
    own.mkdir(mode=0o700)
    assert module.others_can_reach([own])
