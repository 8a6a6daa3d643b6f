"""Which identities came by recently: bounded memory for dropping repeated deliveries. Pure."""


class SeenIds:
    """Remembers at least the last `capacity` identities, at most twice as many.

    Two generations of plain sets: when the young one is full the old one is forgotten as a whole,
    which costs nothing per identity.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._young: set[int] = set()
        self._old: set[int] = set()

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def is_new(self, identity: int) -> bool:
        """Whether this identity was not seen before; remembers it either way."""
        if identity in self._young:
            return False
        known = identity in self._old
        self._young.add(identity)
        if len(self._young) >= self._capacity:
            self._old, self._young = self._young, set()
        return not known
