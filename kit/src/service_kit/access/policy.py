"""Which scope a request needs. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from starlette.routing import compile_path

from iot_contracts.api_keys import Scope
from service_kit import docs

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS = frozenset({"/livez", "/readyz", "/openapi.json"}) | docs.PATHS
"""What orchestrators ask, and what is public anyway: the description of the API, which holds no data."""


@dataclass(frozen=True)
class AccessPolicy:
    """What the addresses of one service need.

    Reading needs `read`, everything else `changes`, unless `exceptions` names it: `"POST /v1/sql": "read"`. A new
    address is closed until `open_paths` names it. Both may have parameters, as routes have them. `passwords` allows a
    key as the password of Basic authentication.
    """

    changes: Scope = "admin"
    exceptions: Mapping[str, Scope] = field(default_factory=dict)
    open_paths: frozenset[str] = frozenset()
    passwords: bool = False

    def needed_scope(self, method: str, path: str) -> Scope | None:
        """The scope that a request needs; None when it needs no key."""
        if path in self._open:
            return None
        for pattern in self._open_templates:
            if pattern.match(path):
                return None
        if method in READING_METHODS:
            return "read"
        for pattern, scope in self._exceptions.get(method, ()):
            if pattern.match(path):
                return scope
        return self.changes

    @cached_property
    def _open(self) -> frozenset[str]:
        return OPEN_PATHS | {path for path in self.open_paths if "{" not in path}

    @cached_property
    def _open_templates(self) -> tuple[re.Pattern[str], ...]:
        return tuple(compile_path(path)[0] for path in self.open_paths if "{" in path)

    @cached_property
    def _exceptions(self) -> dict[str, list[tuple[re.Pattern[str], Scope]]]:
        by_method: dict[str, list[tuple[re.Pattern[str], Scope]]] = {}
        for operation, scope in self.exceptions.items():
            method, _, path = operation.partition(" ")
            by_method.setdefault(method, []).append((compile_path(path)[0], scope))
        return by_method
