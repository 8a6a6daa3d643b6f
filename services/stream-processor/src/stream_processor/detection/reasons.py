"""Why a reading is anomalous, as a code for arrays and as a sentence for people."""

import math

REASONS = ("", "out_of_range", "rate_of_change", "level", "stuck", "drift", "spread", "profile", "shape")
"""What `Scores.reason` indexes; 0: nothing is the matter. New ones go to the end: stored codes keep their meaning."""

_SENTENCES = {
    "out_of_range": "{value} is physically impossible",
    "rate_of_change": "{value} is a sudden jump{band}",
    "level": "{value} stays away from the usual level{band}",
    "stuck": "{value} repeats far more often than this sensor's values do",
    "drift": "{value} belongs to a slow movement away from the usual level",
    "spread": "{value} belongs to values that spread more than ever seen here",
    "profile": "{value} is unlike the same time of other days",
    "shape": "{value} ends a course of values unlike any seen here",
}


def sentence(reason: int, value: float, unit: str, low: float, high: float) -> str:
    """A plain sentence for a code of `REASONS`, "" for 0; `low` and `high` are the expected band, nan where unknown."""
    if not reason:
        return ""
    band = "" if math.isnan(low) or math.isnan(high) else f", expected {low:.6g} to {high:.6g}"
    return _SENTENCES[REASONS[reason]].format(value=f"{value:g} {unit}".rstrip(), band=band)
