"""What is held, from state in memory only."""

from query_api.provenance import snapshot_answer
from query_api.status.schemas import RowsAnswer, StatusAnswer
from query_api.table.file_cache import FileCache
from query_api.view.consumer import TailConsumer
from query_api.view.store import ViewStore


class StatusService:
    """Describes store, consumer and cache."""

    def __init__(self, store: ViewStore, consumer: TailConsumer, cache: FileCache) -> None:
        self._store = store
        self._consumer = consumer
        self._cache = cache

    def status(self, missing: dict[str, str]) -> StatusAnswer:
        """What is held now; `missing` are the dependencies that are away."""
        view = self._store.view
        positions = self._store.positions
        return StatusAnswer(
            caught_up=self._consumer.caught_up,
            snapshot=snapshot_answer(view),
            files=len(view.table.files),
            snapshots=view.table.snapshots,
            cold_segments=len(view.table.cold),
            rows=RowsAnswer(
                cold=sum(segment.rows for segment in view.table.cold),
                recent=sum(segment.rows for segment in view.table.recent),
                tail=view.tail.rows,
            ),
            tail_complete=view.tail_is_complete,
            repeats=self._store.repeats,
            refused=self._store.refused,
            offsets=dict(positions),
            lag=sum(max(0, end - positions.get(number, 0)) for number, end in self._consumer.ends.items()),
            cache_bytes=self._cache.used_bytes,
            missing=missing,
        )
