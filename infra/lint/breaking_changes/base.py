"""Finds what to compare with: a commit of main, and the documents as they were in it."""

from __future__ import annotations

import subprocess
from fnmatch import fnmatch
from pathlib import Path

DOCUMENTS = ("contracts/schemas/*.json", "contracts/asyncapi.yaml", "services/*/openapi.json")


class NoBaseError(Exception):
    """There is no earlier commit to compare with; the message says why."""


def git(project: Path, *arguments: str) -> str:
    """Return what git prints.

    Raises:
        NoBaseError: Git failed, or is not installed.
    """
    # The checkout may belong to another user than this one, as in a container.
    command = ["git", "-c", f"safe.directory={project}", *arguments]
    try:
        return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout
    except subprocess.CalledProcessError as error:
        raise NoBaseError(error.stderr.strip()) from error
    except FileNotFoundError as error:
        raise NoBaseError("git is not installed") from error


def base_commit(project: Path, wanted: str = "") -> str:
    """Return the commit to compare with: `wanted`; or where this branch left main; on main, the commit before.

    Raises:
        NoBaseError: This is no repository, or it holds nothing older (a shallow clone).
    """
    if wanted:
        return git(project, "rev-parse", "--verify", f"{wanted}^{{commit}}").strip()
    head = git(project, "rev-parse", "HEAD").strip()
    for main in ("origin/main", "main"):
        try:
            base = git(project, "merge-base", "HEAD", main).strip()
        except NoBaseError:  # no such branch here
            continue
        if base != head:
            return base
    try:
        return git(project, "rev-parse", "--verify", "HEAD~1").strip()
    except NoBaseError as error:
        raise NoBaseError(f"{head[:12]} has no parent here (a shallow clone?)") from error


def documents(project: Path, commit: str) -> dict[str, str]:
    """Return path and text of every contract and OpenAPI document of a commit."""
    listed = git(project, "ls-tree", "-r", "--name-only", commit, "contracts/", "services/").splitlines()
    paths = [path for path in listed if any(fnmatch(path, pattern) for pattern in DOCUMENTS)]
    return {path: git(project, "show", f"{commit}:{path}") for path in paths}
