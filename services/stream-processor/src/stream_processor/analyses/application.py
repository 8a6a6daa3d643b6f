"""What the batch applications have in common: their settings beside the running query's, and their times."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from stream_processor.settings import Settings
from stream_processor.spark_session import open_session

HEAP_MB = 1024


def settings_of(master: str) -> Settings:
    """The stream processor's settings, with a folder and a heap of its own beside the running one's."""
    settings = Settings()
    return settings.model_copy(
        update={
            "work_dir": settings.work_dir.with_name(f"{settings.work_dir.name}-analyses"),
            "driver_memory_mb": max(HEAP_MB, settings.driver_memory_mb),
            "master": master or settings.master,
        }
    )


@contextmanager
def batch_session(master: str) -> Iterator[tuple[SparkSession, Settings]]:
    """A session of its own until the block ends. Leaves with a message when another batch application runs."""
    settings = settings_of(master)
    settings.work_dir.mkdir(parents=True, exist_ok=True)
    with (settings.work_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(
                f"another batch application runs in {settings.work_dir} (the nightly one?); wait for its end"
            ) from None
        spark = open_session(settings)
        try:
            yield spark, settings
        finally:
            spark.stop()


def parse_time(text: str) -> datetime:
    """A time in RFC 3339, in UTC; without an offset it is UTC."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
