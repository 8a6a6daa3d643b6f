"""Which SQL may run: one SELECT over the views, whatever it is made of. Pure, over DuckDB's own parse of the text.

The sandbox that runs it has no files, no network and no settings to change; this closes what it would still tell.
"""

import re
from collections.abc import Collection, Iterator
from itertools import accumulate
from typing import Any, Final

SCHEMA: Final = "iot"
MAX_DEPTH: Final = 600
"""Levels of objects and lists in the parse: an expression in another has three, a subquery four."""
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS: Final = re.compile(r"[\[\]{}]")
_TABLE_FUNCTIONS: Final = frozenset({"range", "generate_series", "unnest", "repeat", "json_each", "json_tree"})
_QUERIES: Final = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
"""Kinds of queries; others (`WITH x AS (INSERT …)`) change something."""
_INTERNAL: Final = re.compile(
    r"(duckdb|pg|sqlite|pragma)_|information_schema|(all|recent|tail)_readings$", re.IGNORECASE
)
_CLOSED: Final = re.compile(
    r"(duckdb|pg|pragma|read|sniff|parquet|write|has)_|(current|in)_(setting|catalog|database|schema|schemas|search_path)$|"
    r"(getenv|getvariable|glob|query|query_table|which_secret|nextval|currval|version|txid_current)$|"
    r"json_(de)?serialize_|json_execute_",
    re.IGNORECASE,
)


class RefusedError(Exception):
    """The statement may not run; the message says why and what to do.

    It is the worker's: the service's own errors would import the web framework there.
    """


def require_shallow(serialized: str) -> None:
    """Raise RefusedError when `json_serialize_sql`'s answer is nested deeper than MAX_DEPTH.

    To be asked before it is decoded: how deep a decoder goes depends on Python's version.
    """
    brackets = _BRACKETS.findall(_QUOTED.sub("", serialized))
    if max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0) > MAX_DEPTH:
        raise RefusedError(
            f"the statement is nested too deeply, more than some {MAX_DEPTH // 3} levels: say it in steps, by WITH"
        )


def require_harmless(parsed: Any, views: Collection[str]) -> None:
    """Raise RefusedError unless `json_serialize_sql`'s answer is one SELECT over these views."""
    if parsed.get("error"):
        raise RefusedError(
            "only one SELECT is answered (WITH, DESCRIBE and SUMMARIZE too): " + str(parsed.get("error_message"))
        )
    statements = parsed.get("statements", ())
    if len(statements) != 1:
        raise RefusedError(f"send one statement, not {len(statements)}: each is a request of its own")
    nodes = list(_nodes(statements))
    own = {entry["key"].lower() for node in nodes for entry in node.get("cte_map", {}).get("map", ())}
    for name in own:
        if _INTERNAL.match(name):
            raise RefusedError(f"{name} is the engine's own name: call the WITH clause something else")
    for node in nodes:
        _require_harmless_node(node, views, own)


def _nodes(statements: Any) -> Iterator[dict[str, Any]]:
    """Every object of the parse, without recursion: statements may be nested deeper than Python goes."""
    left = [statements]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            yield one
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)


def _require_harmless_node(node: dict[str, Any], views: Collection[str], own: Collection[str]) -> None:
    kind = node.get("type")
    if kind == "BASE_TABLE":
        path = [part.lower() for part in node["qualified_name"]["path"]]
        if not (path in ([SCHEMA, view] for view in views) or (len(path) == 1 and path[0] in {*views, *own})):
            raise RefusedError(
                f"there is no table {'.'.join(path)}: {', '.join(f'{SCHEMA}.{view}' for view in views)} can be asked"
            )
    elif kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", "")).lower()
        if name not in _TABLE_FUNCTIONS:
            raise RefusedError(f"{name} is not available: use {', '.join(sorted(_TABLE_FUNCTIONS))}")
    elif isinstance(kind, str) and kind.endswith("_NODE") and kind not in _QUERIES:
        raise RefusedError(f"only reading is possible here, and this is {kind.removesuffix('_NODE').lower()}")
    elif kind == "SHOW_REF" and node.get("query") is None:
        raise RefusedError("GET /v1/sql/schema lists the tables; DESCRIBE iot.readings describes one")
    function = node.get("function_name")
    if isinstance(function, str) and not node.get("is_operator") and _CLOSED.match(function):
        raise RefusedError(f"the function {function} is not available")
