"""What becomes of HDFS's failures."""

import pytest

from query_api.errors import TableUnavailableError
from query_api.table.hdfs import Hdfs


def test_a_failure_names_hdfs_and_the_file() -> None:
    with pytest.raises(TableUnavailableError, match=r"HDFS at no-scheme://x did not give hdfs://x/y"):
        Hdfs("no-scheme://x").read("hdfs://x/y")


def test_a_table_is_never_written() -> None:
    with pytest.raises(PermissionError):
        Hdfs("hdfs://x").new_output("hdfs://x/y")
