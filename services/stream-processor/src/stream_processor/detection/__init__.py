"""Which readings are anomalous: a streaming detector on arrays, without Spark.

The first call compiles the detector, some ten seconds; numba keeps the result in NUMBA_CACHE_DIR (without it, beside
the source, where that may be written).
"""

import numpy as np
from numpy.typing import ArrayLike

from stream_processor.detection.kernel import score_batch
from stream_processor.detection.state import new_states


def detect(timestamps: ArrayLike, values: ArrayLike) -> np.ndarray:
    """Scores (float64, 0 to 1) of one series' readings in the order given, each from itself and earlier ones alone.

    `timestamps` are datetime64 or microseconds since 1970, `values` numbers. Raises ValueError where lengths differ.
    """
    times = np.asarray(timestamps)
    times_us = times.astype("datetime64[us]").astype(np.int64) if times.dtype.kind == "M" else times.astype(np.int64)
    numbers = np.asarray(values, dtype=np.float64)
    n = len(numbers)
    return score_batch(new_states(1), np.zeros(n, np.int32), times_us, numbers, np.full((n, 2), np.nan)).score
