"""The first script speaks to a Python that is too old, and installs only what hashes name."""

import ast

from stack.paths import INFRA

SOURCE = (INFRA / "bootstrap.py").read_text()


def test_an_old_python_understands_it() -> None:
    ast.parse(SOURCE, feature_version=(3, 6))


def test_it_needs_the_standard_library_alone() -> None:
    names = {alias.name for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.Import) for alias in node.names}
    assert names == {"ensurepip", "fcntl", "hashlib", "os", "shutil", "subprocess", "sys", "venv"}


def test_every_requirement_is_pinned_with_hashes_and_no_index_is_named() -> None:
    for path in INFRA.glob("*requirements.txt"):
        text = path.read_text()
        logical = text.replace("\\\n", "").splitlines()
        pins = [line for line in logical if line and not line.startswith("#")]
        assert pins, path
        assert all("==" in pin and "--hash=sha256:" in pin for pin in pins), path
        assert "index-url" not in text, path
