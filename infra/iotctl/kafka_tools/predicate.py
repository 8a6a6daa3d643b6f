"""The filter language of `--filter`: an expression becomes a pure predicate over a message's fields.

Comparisons, `and`, `or`, `not`, `in`, parentheses; names are fields, dots go into nested ones. Python's parser reads
it, and every kind of node that is not listed here is refused: Python never evaluates, calls or looks up anything.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any

MAX_LENGTH = 1_000
EXAMPLES = (
    "value > 30",
    'sensor_type == "temperature" and value > 30',
    'location in ("Tangier-Port", "Tangier-Centre") and not is_anomaly',
    '18 <= value < 25 or "battery" in kind',
)

Fields = Mapping[str, Any]
Predicate = Callable[[Fields], bool]
_Term = Callable[[Fields], Any]

MISSING = object()
_CONSTANTS = {"true": True, "false": False, "null": None}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}
_HABITS = {"&&": "and", "||": "or", "!": "not", "=": "=="}
_NO_PART = "is no part of the filter language: use comparisons, and, or, not, in, names, numbers and strings"


class FilterError(ValueError):
    """The expression is none: what is wrong, and at which character (from 0)."""

    def __init__(self, expression: str, position: int, what: str) -> None:
        marked = f"{expression}\n{' ' * position}^"
        examples = "\n".join(f"  {example}" for example in EXAMPLES)
        super().__init__(f"{what}, at character {position + 1}:\n{marked}\nfor example\n{examples}")
        self.position = position


def compile_filter(expression: str) -> Predicate:
    """Return the predicate. Raises FilterError.

    A comparison with a field that the message does not have is false, whichever way round; so is one of values that
    cannot be compared. A name by itself is true when the field is there and is not false, zero or empty.
    """
    term = _Compiler(expression).compile()
    return lambda fields: _truth(term(fields))


def _truth(value: Any) -> bool:
    return value is not MISSING and bool(value)


class _Compiler:
    def __init__(self, expression: str) -> None:
        self._expression = expression

    def compile(self) -> _Term:
        if len(self._expression) > MAX_LENGTH:
            raise self._error(MAX_LENGTH, f"is longer than {MAX_LENGTH} characters")
        if "\n" in self._expression:
            raise self._error(self._expression.index("\n"), "a line break is no part of the filter language")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(self._expression.lstrip(), mode="eval")
            return self._term(tree.body)
        except SyntaxError as error:
            # The parser gives no position for an expression that ends too early.
            position = self._offset(error.offset - 1) if error.offset else len(self._expression)
            raise self._error(position, f"{error.msg}{self._hint()}") from None
        except (RecursionError, MemoryError, ValueError) as error:
            if isinstance(error, FilterError):
                raise
            raise self._error(0, "cannot be parsed (nested too deeply?)") from None

    def _term(self, node: ast.expr) -> _Term:
        match node:
            case ast.Compare():
                return self._comparison(node)
            case ast.BoolOp(op=ast.And(), values=values):
                terms = [self._term(value) for value in values]
                return lambda fields: all(_truth(term(fields)) for term in terms)
            case ast.BoolOp(op=ast.Or(), values=values):
                terms = [self._term(value) for value in values]
                return lambda fields: any(_truth(term(fields)) for term in terms)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                term = self._term(operand)
                return lambda fields: not _truth(term(fields))
            case ast.Name() | ast.Attribute():
                return self._field(node)
            case _:
                constant = self._constant(node)
                return lambda _: constant

    def _comparison(self, node: ast.Compare) -> _Term:
        terms = [self._term(operand) for operand in (node.left, *node.comparators)]
        steps = []
        for comparison, operand in zip(node.ops, node.comparators, strict=True):
            if type(comparison) not in _COMPARISONS:
                raise self._error_at(operand, f"`is` {_NO_PART}")
            steps.append(_COMPARISONS[type(comparison)])
        return lambda fields: _holds(steps, [term(fields) for term in terms])

    def _field(self, node: ast.expr) -> _Term:
        path: list[str] = []
        inner = node
        while isinstance(inner, ast.Attribute):
            path.insert(0, inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            raise self._error_at(node, f"this {_NO_PART}")
        if not path and inner.id.lower() in _CONSTANTS:
            constant = _CONSTANTS[inner.id.lower()]
            return lambda _: constant
        names = (inner.id, *path)
        return lambda fields: _look_up(fields, names)

    def _constant(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None):
                return node.value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return tuple(self._constant(item) for item in items)
            case ast.Name(id=name) if name.lower() in _CONSTANTS:
                return _CONSTANTS[name.lower()]
            case _:
                raise self._error_at(node, f"this {_NO_PART}")

    def _hint(self) -> str:
        rest = re.sub("[=!<>]=", "", self._expression)
        for wrong, right in _HABITS.items():
            if wrong in rest:
                return f" (write `{right}` for `{wrong}`)"
        return ""

    def _offset(self, in_stripped: int) -> int:
        return in_stripped + len(self._expression) - len(self._expression.lstrip())

    def _error_at(self, node: ast.expr, what: str) -> FilterError:
        # The parser counts bytes, people count characters.
        before = self._expression.lstrip().encode()[: node.col_offset].decode(errors="ignore")
        return self._error(self._offset(len(before)), what)

    def _error(self, position: int, what: str) -> FilterError:
        return FilterError(self._expression, position, what)


def _holds(steps: list[Callable[[Any, Any], Any]], values: list[Any]) -> bool:
    if any(value is MISSING for value in values):
        return False
    try:
        return all(step(left, right) for step, left, right in zip(steps, values, values[1:], strict=False))
    except TypeError:
        return False


def _look_up(fields: Fields, names: tuple[str, ...]) -> Any:
    value: Any = fields
    for name in names:
        if not isinstance(value, Mapping) or name not in value:
            return MISSING
        value = value[name]
    return value
