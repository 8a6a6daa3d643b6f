"""Which SQL may run: one SELECT over the views, whatever it is made of. Pure, over DuckDB's own parse of the text.

The sandbox that runs it has no files, no network and no settings to change; this closes what it would still tell.
"""

import re
from collections.abc import Collection, Iterator
from itertools import accumulate
from typing import Any, Final

from query_api.errors import SqlRefusedError

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
_GREEDY: Final = frozenset(
    {
        *("range", "generate_series", "repeat", "lpad", "rpad", "list_resize", "array_resize", "format", "printf"),
        *(
            "bitstring",
            "replace",
            "regexp_replace",
            "array_to_string",
            "list_aggregate",
            "list_aggr",
            "array_aggregate",
        ),
    }
)
"""Functions that make much of little in one value: DuckDB counts that in no limit and cannot be stopped meanwhile."""


def require_shallow(serialized: str) -> None:
    """Raise SqlRefusedError when `json_serialize_sql`'s answer is nested deeper than MAX_DEPTH.

    To be asked before it is decoded: how deep a decoder goes depends on Python's version.
    """
    brackets = _BRACKETS.findall(_QUOTED.sub("", serialized))
    if max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0) > MAX_DEPTH:
        raise SqlRefusedError(
            f"the statement is nested too deeply, more than some {MAX_DEPTH // 3} levels: say it in steps, by WITH"
        )


def require_harmless(parsed: Any, views: Collection[str]) -> None:
    """Raise SqlRefusedError unless `json_serialize_sql`'s answer is one SELECT over these views."""
    if parsed.get("error"):
        raise SqlRefusedError(
            "only one SELECT is answered (WITH, DESCRIBE and SUMMARIZE too): " + str(parsed.get("error_message"))
        )
    statements = parsed.get("statements", ())
    if len(statements) != 1:
        raise SqlRefusedError(f"send one statement, not {len(statements)}: each is a request of its own")
    nodes = list(_nodes(statements))
    own = {entry["key"].lower() for node in nodes for entry in node.get("cte_map", {}).get("map", ())}
    for name in own:
        if _INTERNAL.match(name):
            raise SqlRefusedError(f"{name} is the engine's own name: call the WITH clause something else")
    in_from = {id(node["function"]) for node in nodes if node.get("type") == "TABLE_FUNCTION"}
    for node in nodes:
        _require_harmless_node(node, views, own, in_from)


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


def _require_harmless_node(
    node: dict[str, Any], views: Collection[str], own: Collection[str], in_from: Collection[int]
) -> None:
    """`in_from`: the functions that stand in a FROM clause, which makes their rows as they are needed."""
    kind = node.get("type")
    if kind == "BASE_TABLE":
        path = [part.lower() for part in node["qualified_name"]["path"]]
        if not (path in ([SCHEMA, view] for view in views) or (len(path) == 1 and path[0] in {*views, *own})):
            raise SqlRefusedError(
                f"there is no table {'.'.join(path)}: {', '.join(f'{SCHEMA}.{view}' for view in views)} can be asked"
            )
    elif kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", "")).lower()
        if name not in _TABLE_FUNCTIONS:
            raise SqlRefusedError(f"{name} is not available: use {', '.join(sorted(_TABLE_FUNCTIONS))}")
    elif isinstance(kind, str) and kind.endswith("_NODE") and kind not in _QUERIES:
        raise SqlRefusedError(f"only reading is possible here, and this is {kind.removesuffix('_NODE').lower()}")
    elif kind == "SHOW_REF" and node.get("query") is None:
        raise SqlRefusedError("GET /v1/sql/schema lists the tables; DESCRIBE iot.readings describes one")
    function = node.get("function_name")
    if not isinstance(function, str) or node.get("is_operator"):
        return
    if _CLOSED.match(function):
        raise SqlRefusedError(f"the function {function} is not available")
    if function.lower() in _GREEDY and id(node) not in in_from:
        raise SqlRefusedError(f"the function {function} is not available: it may need more memory than any limit gives")
