"""PostgreSQL under root: near the project where its user can reach it, else in a home of its own."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from components import postgres_layout as module
from components.postgres_layout import SYSTEM_USER, check_data_can_be_reached, postgres_layout
from stack.errors import IotctlError
from stack.settings import Settings, load


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
    layout = postgres_layout(settings, uid=1000)
    assert (layout.user, layout.is_away) == (None, False)


def test_root_gets_the_server_s_own_user(settings: Settings, reachable: list[Path]) -> None:
    layout = postgres_layout(settings, uid=0)
    assert (layout.user, layout.is_away) == (SYSTEM_USER, False)
    assert settings.state.data / "postgres" in reachable


def test_a_state_folder_that_others_cannot_enter_moves_the_data_away(settings: Settings, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert settings.state.root not in postgres_layout(settings, uid=0).data_dir.parents


def test_data_stay_where_they_are_when_a_new_stack_s_would_be_elsewhere(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SYSTEM_HOME", tmp_path / "home")
    for first, later in ((True, False), (False, True)):
        monkeypatch.setattr(module, "others_can_reach", lambda _: first)  # noqa: B023 - called in this round
        data_dir = postgres_layout(settings, uid=0).data_dir
        data_dir.mkdir(parents=True)
        settings.state.data.mkdir(parents=True, exist_ok=True)
        monkeypatch.setattr(module, "others_can_reach", lambda _: later)  # noqa: B023 - called in this round
        assert postgres_layout(settings, uid=0).data_dir == data_dir
        data_dir.rmdir()


def test_a_folder_left_by_a_deleted_stack_is_not_the_new_one_s(
    settings: Settings, tmp_path: Path, reachable: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SYSTEM_HOME", tmp_path / "home")
    (tmp_path / "home" / settings.state.stack_id / "data").mkdir(parents=True)
    assert postgres_layout(settings, uid=0).data_dir == settings.state.data / "postgres"
    assert reachable


def test_data_that_the_server_can_no_longer_reach_are_refused_with_the_remedy(settings: Settings) -> None:
    (settings.state.data / "postgres").mkdir(parents=True)
    settings.state.root.chmod(0o700)
    with pytest.raises(IotctlError, match="can't reach the data"):
        check_data_can_be_reached(postgres_layout(settings, uid=0))


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
