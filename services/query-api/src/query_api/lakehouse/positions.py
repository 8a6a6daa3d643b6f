"""Where the consumer begins in each partition. Pure."""


def start_offset(
    *, border: int | None, at_lookback: int | None, log_start: int, log_end: int, max_lookback: int
) -> int:
    """Offset to consume from: some way before the border, to learn the ids of readings that the snapshot has.

    `at_lookback` is the first message of the lookback time (None: there is none that young); at most
    `max_lookback` messages before the border are read. Without a border, those before the end.
    """
    border = log_end if border is None else border
    earliest = max(border - max_lookback, log_start)
    wanted = border if at_lookback is None else min(at_lookback, border)
    return min(max(earliest, wanted), log_end)
