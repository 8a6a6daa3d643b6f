"""The check of links finds what leads nowhere, and nothing else."""

from pathlib import Path

import pytest

from lint.links import check


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "operations.md").write_text("# Operations\n\n## Ports, and a `second` stack\n")
    return tmp_path


def broken(project: Path, text: str) -> list[str]:
    (project / "README.md").write_text(text)
    return [str(link) for link in check(project)]


@pytest.mark.parametrize(
    "text",
    [
        "[operations](docs/operations.md)",
        "[ports](docs/operations.md#ports-and-a-second-stack), [folder](docs/)",
        "# Here\n[here](#here)",
        "[elsewhere](https://example.org/none.md) [mail](mailto:a@example.org)",
        "`[code](none.md)`\n\n```sh\n[block](none.md)\n```",
    ],
)
def test_links_that_lead_somewhere_are_fine(project: Path, text: str) -> None:
    assert broken(project, text) == []


def test_a_missing_file_is_named_with_its_line(project: Path) -> None:
    assert broken(project, "# Here\n\n![picture](docs/images/page.png)\n") == [
        "README.md:3: docs/images/page.png: there is no such file"
    ]


def test_a_missing_heading_is_named(project: Path) -> None:
    assert broken(project, "[ports](docs/operations.md#sockets) [here](#nowhere)") == [
        "README.md:1: docs/operations.md#sockets: operations.md has no heading of this name",
        "README.md:1: #nowhere: README.md has no heading of this name",
    ]


def test_what_is_installed_is_not_ours(project: Path) -> None:
    installed = project / "frontend" / "node_modules" / "package"
    installed.mkdir(parents=True)
    (installed / "README.md").write_text("[none](none.md)")
    assert broken(project, "") == []
