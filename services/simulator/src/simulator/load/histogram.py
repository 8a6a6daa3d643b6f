"""Counts of latencies in buckets of equal relative width, as HdrHistogram has them. Pure."""

from array import array

SUB_BUCKET_BITS = 11
"""Values are kept with this many leading bits: an error of at most one in 1,024, three decimal digits."""
HIGHEST_US = 2**32 - 1
"""Longer ones (more than 71 minutes) count as this."""
_HALF = 1 << SUB_BUCKET_BITS - 1


class Histogram:
    """Microseconds. Recording takes the same time and the whole the same memory, however many there are."""

    def __init__(self) -> None:
        self._counts = array("Q", bytes(8 * (_index(HIGHEST_US) + 1)))
        self.count = 0
        self.max_us = 0
        self._sum_us = 0

    def record(self, value_us: int) -> None:
        """Count one value; a negative one counts as 0."""
        value_us = min(max(value_us, 0), HIGHEST_US)
        self._counts[_index(value_us)] += 1
        self.count += 1
        self._sum_us += value_us
        self.max_us = max(self.max_us, value_us)

    def add(self, other: "Histogram") -> None:
        """Count all that `other` has."""
        self._counts = array("Q", map(int.__add__, self._counts, other._counts))
        self.count += other.count
        self._sum_us += other._sum_us
        self.max_us = max(self.max_us, other.max_us)

    def percentile_us(self, percent: float) -> int:
        """Nearest-rank percentile: at least `percent` % of the values are not above it. 0 when there are none."""
        rank = max(1, -int(-self.count * percent // 100))
        seen = 0
        for index, count in enumerate(self._counts):
            seen += count
            if seen >= rank:
                return min(_highest_of(index), self.max_us)
        return 0

    @property
    def mean_us(self) -> float:
        """Arithmetic mean, exact."""
        return self._sum_us / self.count if self.count else 0.0


def _index(value: int) -> int:
    shift = max(0, value.bit_length() - SUB_BUCKET_BITS)
    return shift * _HALF + (value >> shift)


def _highest_of(index: int) -> int:
    shift = max(0, index // _HALF - 1)
    return ((index - shift * _HALF + 1) << shift) - 1
