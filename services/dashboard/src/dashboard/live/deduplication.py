"""A bounded memory of seen ids, so that a duplicate is not shown twice. Pure."""

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class SeenIds(Generic[K]):
    """Remembers the newest `capacity` ids."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._ids: dict[K, None] = {}

    def is_new(self, identity: K) -> bool:
        """True the first time an id is given, False as long as it is remembered."""
        if identity in self._ids:
            return False
        self._ids[identity] = None
        if len(self._ids) > self._capacity:
            del self._ids[next(iter(self._ids))]
        return True
