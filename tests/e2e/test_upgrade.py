"""A stack with data of the last commit on main, or of a release, comes up with the code that is here."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from lint.breaking_changes.base import NoBaseError, base_commit, git
from support.counting import READINGS, post_readings, wait_for_count
from support.own_stack import own_stack
from support.stack import PROJECT


def _releases() -> list[str]:
    """The tags of what was released; each makes a small data set of its own, by its own code."""
    try:
        return git(PROJECT, "tag", "--list", "v*").split()
    except NoBaseError:
        return []


@pytest.fixture(params=["", *_releases()], ids=lambda tag: tag or "last commit")
def earlier(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A checkout of a release, or of the last commit on main; on main itself, of the one before (BASE: of another)."""
    folder = tmp_path / "earlier"
    try:
        commit = base_commit(PROJECT, request.param or os.environ.get("BASE", ""))
        git(PROJECT, "worktree", "add", "--detach", str(folder), commit)
    except NoBaseError as error:
        pytest.skip(f"no earlier commit to start from: {error}")
    (folder / ".local").mkdir()
    for shared in ("cache", "jars"):
        (folder / ".local" / shared).symlink_to(PROJECT / ".local" / shared)
    yield folder
    git(PROJECT, "worktree", "remove", "--force", str(folder))


@pytest.mark.timeout(900)
async def test_the_data_of_an_earlier_state_are_all_there(http: httpx.AsyncClient, earlier: Path) -> None:
    sensor_id = f"UPGRADE_{uuid4().hex[:8]}"
    with own_stack("upgrade") as stack:
        before = replace(stack, project=earlier)
        before.up()
        await post_readings(before, http, sensor_id)
        await wait_for_count(before, http, sensor_id, READINGS, source="table")
        await post_readings(before, http, sensor_id)
        before.make("down")
        stack.up()
        await wait_for_count(stack, http, sensor_id, 2 * READINGS, source="table")
        report = stack.audit()
        assert report.get("violations") == [], report
