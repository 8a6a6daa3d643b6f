"""Lets programs that only read into the folders of the tables in HDFS.

`python -m components.lake_reader WEBHDFS USER` does it for a stack of containers.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any
from urllib.parse import quote

from components.component import Host, Step
from components.namenode import WITHIN_S, ensure_folders
from stack.errors import IotctlError

# Whoever may not enter this folder reads no table, so it is opened last.
LAKE_FOLDER = "/iot-data"
CHECKPOINTS = f"{LAKE_FOLDER}/checkpoints"
_MAY_ENTER = 0o005


def initialise(host: Host, _environment: Mapping[str, str]) -> None:
    """Let the user `reader` read the tables in HDFS."""
    webhdfs = host.settings.url("NAMENODE_HTTP")
    ensure_folders(webhdfs, host.user)
    open_to_readers(webhdfs, host.user)


def open_to_readers(webhdfs: str, user: str) -> None:
    """Let every user enter the tables' folders; files are readable by all, and folders made later are as their parent.

    HDFS believes whoever names a user, so this keeps nobody out who was kept out before; it is what writing needs that
    a reader lacks.
    """
    if int(_ask(webhdfs, LAKE_FOLDER, "GETFILESTATUS", user)["FileStatus"]["permission"], 8) & _MAY_ENTER == _MAY_ENTER:
        return
    # Each before its own folders are looked up: what is made meanwhile is as open as its parent.
    for folder in chain(_folders_below(webhdfs, LAKE_FOLDER, user), (LAKE_FOLDER,)):
        _ask(webhdfs, folder, "SETPERMISSION&permission=755", user, method="PUT")


def _folders_below(webhdfs: str, folder: str, user: str) -> Iterator[str]:
    for status in _ask(webhdfs, folder, "LISTSTATUS", user)["FileStatuses"]["FileStatus"]:
        path = f"{folder}/{status['pathSuffix']}"
        if status["type"] == "DIRECTORY" and path != CHECKPOINTS:
            yield path
            yield from _folders_below(webhdfs, path, user)


def _ask(webhdfs: str, path: str, operation: str, user: str, method: str = "GET") -> dict[str, Any]:
    address = f"{webhdfs}/webhdfs/v1{quote(path)}?op={operation}&user.name={user}"
    try:
        request = urllib.request.Request(address, method=method)
        with urllib.request.urlopen(request, timeout=WITHIN_S) as response:
            found: dict[str, Any] = json.loads(response.read() or b"{}")
            return found
    except OSError as error:
        raise IotctlError("hdfs", f"{path}: {error}", "make logs SERVICE=namenode") from error


LET_READ = Step(initialise, needs=("namenode", "datanode"))


def main(webhdfs: str, user: str) -> int:
    """Open what is closed; 1 when that fails, with the reason."""
    try:
        ensure_folders(webhdfs, user)
        open_to_readers(webhdfs, user)
    except IotctlError as error:
        sys.stderr.write(f"{error.part}: {error.why}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
