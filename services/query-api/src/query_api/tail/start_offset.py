"""Where the consumer begins in each partition. Pure."""


def start_offset(
    *, committed_offset: int | None, at_lookback: int | None, log_start: int, log_end: int, max_lookback: int
) -> int:
    """Offset to consume from: some way before the committed one, to learn the ids of readings that the snapshot has.

    `at_lookback` is the first message of the lookback time (None: there is none that young); at most
    `max_lookback` messages before the committed offset are read. Without one, those before the end.
    """
    committed_offset = log_end if committed_offset is None else committed_offset
    earliest = max(committed_offset - max_lookback, log_start)
    wanted = committed_offset if at_lookback is None else min(at_lookback, committed_offset)
    return min(max(earliest, wanted), log_end)
