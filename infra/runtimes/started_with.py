"""What the running programs were started with: a change of it restarts the stack."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StartedWith:
    """`environment` is what programs would be started with now, `file` says what they were started with.

    A difference in the variables that `ignored` names is none.
    """

    file: Path
    environment: Mapping[str, str]
    ignored: Collection[str]

    def changed(self) -> list[str]:
        """Return which variables differ; none when nothing was started."""
        if not self.file.exists():
            return []
        before = self.remembered()
        names = (before.keys() | self.environment.keys()) - set(self.ignored)
        return sorted(name for name in names if before.get(name) != self.environment.get(name))

    def remembered(self) -> dict[str, str]:
        """Return what the running programs were started with."""
        before: dict[str, str] = json.loads(self.file.read_text())
        return before

    def remember(self) -> None:
        """Write down that programs are started with this environment."""
        self.file.write_text(json.dumps(dict(self.environment), indent=1, sort_keys=True))

    def forget(self) -> None:
        """Nothing runs any more."""
        self.file.unlink(missing_ok=True)
