"""What a pass of the operator is to do: travels from the driver to the workers with every micro-batch. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class PassRequest:
    """One micro-batch.

    `starts`, `ends`: by partition, the first offset of the batch and the one after it. `stored`: by partition, the
    offset from which on readings are to be written; None where nothing is, since all of it is in the table already.
    `repeats`: by partition, offsets of readings that the table knows. `live_from_s`: panes that start earlier change no
    live window. `rules`: the file of what readings are judged by (`operator.rules_file`).
    """

    topic_id: str
    starts: Mapping[int, int]
    ends: Mapping[int, int]
    stored: Mapping[int, int] | None
    live_from_s: int
    state_dir: Path
    outgoing_dir: Path
    field_ids: Mapping[str, int]
    rules: Path
    identities_per_generation: int
    repeats: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def identity_folder(self, partition: int) -> Path:
        """Where the identities of a partition are."""
        return identity_folder(self.state_dir, partition)

    def series_folder(self, partition: int) -> Path:
        """Where the memory of a partition's series is."""
        return series_folder(self.state_dir, partition)


def identity_folder(state_dir: Path, partition: int) -> Path:
    """Where the identities of a partition are."""
    return state_dir / "identities" / str(partition)


def series_folder(state_dir: Path, partition: int) -> Path:
    """Where the memory of a partition's series is."""
    return state_dir / "series" / str(partition)
