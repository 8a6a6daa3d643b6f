"""Where to begin consuming."""

import pytest

from query_api.tail.start_offset import start_offset


@pytest.mark.parametrize(
    ("committed", "at_lookback", "log_start", "log_end", "expected", "why"),
    [
        (500, 400, 0, 900, 400, "the lookback time before the committed offset"),
        (500, 100, 0, 900, 300, "no more messages before it than allowed"),
        (500, 700, 0, 900, 500, "never after the committed offset"),
        (500, None, 0, 900, 500, "no message is that young"),
        (500, 100, 450, 900, 450, "the topic no longer has more"),
        (0, 0, 40, 900, 40, "nothing is in the table: all that the topic has"),
        (500, 400, 0, 100, 100, "a committed offset past the end: from the end"),
        (None, 850, 0, 900, 850, "no committed offset: the lookback before the end"),
    ],
)
def test_the_consumer_begins(
    committed: int | None, at_lookback: int | None, log_start: int, log_end: int, expected: int, why: str
) -> None:
    offset = start_offset(
        committed_offset=committed,
        at_lookback=at_lookback,
        log_start=log_start,
        log_end=log_end,
        max_lookback=200,
    )
    assert offset == expected, why
