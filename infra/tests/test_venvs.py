"""Environments are made by the Python that asks for them."""

from pathlib import Path

import pytest

from install import venvs
from install.venvs import Venv


def test_an_environment_of_another_python_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venvs, "VENVS", tmp_path)
    requirements = tmp_path / "requirements.txt"
    requirements.touch()
    venv = Venv("service", requirements)
    (venv.folder / "bin").mkdir(parents=True)
    (venv.folder / "bin" / "python").touch()
    (venv.folder / "lib" / "python3.2" / "site-packages").mkdir(parents=True)
    venv.stamp.write_text("made by Python 3.2")
    commands: list[list[str]] = []

    def run(_part: str, command: list[object]) -> None:
        assert not (venv.folder / "lib").exists()
        commands.append([str(word) for word in command[1:3]])

    monkeypatch.setattr(venvs, "run", run)
    venvs.install(venv)
    assert commands == [["venv", "--quiet"], ["pip", "sync"]]
