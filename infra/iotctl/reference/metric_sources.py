"""Finds every Prometheus metric that a package declares, by reading its source.

A running process could not tell all of them: several come to life only with what they measure. So name, meaning and
labels must stand in the source, as literals or as constants of the same module; what cannot be read fails the build.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.errors import IotctlError

KINDS: Mapping[str, str] = {
    **{"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram", "Summary": "summary"},
    **{"CounterMetricFamily": "counter", "GaugeMetricFamily": "gauge", "HistogramMetricFamily": "histogram"},
}
# Where the labels stand when they are not given by name: instruments take them third, families after their value.
_INSTRUMENT_LABELS, _FAMILY_LABELS = 2, 3


@dataclass(frozen=True)
class Metric:
    """One metric, under the name that /metrics shows."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


def metrics_of(package: Path) -> list[Metric]:
    """Return the metrics that a package declares, by name; raise IotctlError for one that cannot be read."""
    found = [metric for path in sorted(package.rglob("*.py")) for metric in metrics_in(path.read_text(), path)]
    return sorted(set(found), key=lambda metric: metric.name)


def metrics_in(source: str, path: Path) -> Iterator[Metric]:
    """Yield the metrics that a module declares."""
    if "prometheus_client" not in source:
        return
    tree = ast.parse(source)
    classes, constants = _imported_classes(tree), _constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in classes:
            try:
                yield _metric(node, classes[node.func.id], constants)
            except ValueError as error:
                raise IotctlError(
                    "docs",
                    f"{path}:{node.lineno}: the {error} of this metric cannot be read from the source",
                    "write it as a literal, or as a constant of the same module",
                ) from None


def _imported_classes(tree: ast.Module) -> dict[str, str]:
    """Return local name → class of what a module imports from prometheus_client."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("prometheus_client")
        for alias in node.names
        if alias.name in KINDS
    }


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            found[node.target.id] = node.value
    return found


def _metric(call: ast.Call, class_name: str, constants: Mapping[str, ast.expr]) -> Metric:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    is_family = class_name.endswith("Family")
    labels = _argument(call, _FAMILY_LABELS if is_family else _INSTRUMENT_LABELS)
    labels = keywords.get("labels" if is_family else "labelnames", labels)
    name = _text("name", keywords.get("name", _argument(call, 0)), constants)
    kind = KINDS[class_name]
    return Metric(
        name=f"{name.removesuffix('_total')}_total" if kind == "counter" else name,
        kind=kind,
        labels=_texts("labels", labels, constants),
        meaning=_text("meaning", keywords.get("documentation", _argument(call, 1)), constants),
    )


def _argument(call: ast.Call, position: int) -> ast.expr | None:
    return call.args[position] if position < len(call.args) else None


def _text(what: str, node: ast.expr | None, constants: Mapping[str, ast.expr]) -> str:
    if isinstance(node, ast.Name):
        node = constants.get(node.id)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise ValueError(what)


def _texts(what: str, node: ast.expr | None, constants: Mapping[str, ast.expr]) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        node = constants.get(node.id)
    if node is None:
        return ()
    if isinstance(node, (ast.Tuple, ast.List)):
        return tuple(_text(what, element, constants) for element in node.elts)
    raise ValueError(what)
