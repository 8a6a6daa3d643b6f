"""What the batch applications have in common: their settings beside the running query's, and their times."""

from datetime import UTC, datetime

from stream_processor.settings import Settings

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


def parse_time(text: str) -> datetime:
    """A time in RFC 3339, in UTC; without an offset it is UTC."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
