"""What is said of the images."""

from typing import Any

from runtimes.compose.images import Image, licences, table_of


def test_licences_are_listed_with_the_software_that_has_them() -> None:
    components: list[dict[str, Any]] = [
        {"type": "library", "name": "b", "version": "1", "licenses": [{"license": {"id": "MIT"}}]},
        {"type": "library", "name": "a", "version": "2", "licenses": [{"license": {"id": "MIT"}}]},
        {"type": "library", "name": "c", "version": "3", "licenses": [{"expression": "MIT OR Apache-2.0"}]},
        {"type": "library", "name": "d", "version": "4"},
        {"type": "file", "name": "/etc/passwd"},
    ]
    assert licences(components) == "MIT\n  a 2\n  b 1\nMIT OR Apache-2.0\n  c 3\nnot declared\n  d 4\n"


def test_the_table_sums_sizes_and_times() -> None:
    table = table_of([Image("one", 300_000_000, 2.0, 7), Image("two", 100_000_000, 1.0, 5)])
    assert [column.footer for column in table.columns] == ["all", "400", "3", ""]
