"""VUS-PR: the volume under the surface of range-based precision and recall over tolerances (Paparrizos et al., "Volume
Under the Surface: A New Accuracy Evaluation Measure for Time-Series Anomaly Detection", VLDB 2022). Pure.

Labels get slopes of a tolerance's width, so that a detection beside an anomaly counts in part; each anomaly has to be
met for recall to be full; the mean over tolerances from 0 to the series' period.
"""

import numpy as np

THRESHOLDS = 250
TOLERANCES = 9


def segments(labels: np.ndarray) -> list[tuple[int, int]]:
    """The runs of what is above 0: first row, and the row behind the last."""
    edges = np.diff(np.concatenate([[0], (labels > 0).astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def with_slopes(labels: np.ndarray, tolerance: int) -> np.ndarray:
    """Labels with sqrt(1 - k / tolerance) at the k-th row beside an anomaly, for half a tolerance on both sides."""
    sloped = labels.astype(float)
    for start, end in segments(labels):
        for k in range(1, tolerance // 2 + 1):
            weight = np.sqrt(1.0 - k / tolerance)
            for row in (start - k, end - 1 + k):
                if 0 <= row < len(sloped):
                    sloped[row] = min(1.0, sloped[row] + weight)
    return sloped


def range_auc_pr(scores: np.ndarray, labels: np.ndarray, tolerance: int) -> float:
    """The area under range-based precision and recall at one tolerance."""
    n = len(scores)
    order = np.argsort(-scores, kind="stable")
    thresholds = scores[order][np.linspace(0, n - 1, min(n, THRESHOLDS)).astype(int)]
    predicted = np.searchsorted(-scores[order], -thresholds, side="right")
    sloped = with_slopes(labels, tolerance)
    found = np.cumsum(sloped[order])[predicted - 1]
    peaks = np.array([scores[start:end].max() for start, end in segments(sloped)])
    met = (peaks[None, :] >= thresholds[:, None]).mean(axis=1)
    recall = np.minimum(found / ((labels.sum() + sloped.sum()) / 2.0), 1.0) * met
    return float(np.sum(np.diff(recall, prepend=0.0) * found / predicted))


def vus_pr(scores: np.ndarray, labels: np.ndarray, period: int) -> float:
    """0 to 1; `labels` are 1 in anomalies, of which there has to be one, `period` is in rows."""
    tolerances = np.unique(np.linspace(0, period, TOLERANCES).astype(int))
    return float(np.mean([range_auc_pr(scores, labels, int(tolerance)) for tolerance in tolerances]))


def period_of(values: np.ndarray) -> int:
    """Rows to the highest local maximum of the autocorrelation between 4 and 300 rows; 125 without one."""
    centred = values[:20_000] - np.mean(values[:20_000])
    spectrum = np.fft.rfft(centred, 2 * len(centred))
    correlation = np.fft.irfft(spectrum * np.conj(spectrum))[:302]
    lags = [
        lag
        for lag in range(4, min(300, len(correlation) - 1))
        if correlation[lag - 1] < correlation[lag] >= correlation[lag + 1]
    ]
    return max(lags, key=lambda lag: float(correlation[lag])) if lags else 125
