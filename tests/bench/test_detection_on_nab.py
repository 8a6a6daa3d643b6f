"""The detector on NAB's series, where they are at hand."""

import numpy as np
import pytest

from bench.nab_scoring import PROFILES, Scored, best
from bench.nab_series import FOLDER, load


@pytest.mark.skipif(not (FOLDER / "windows.json").is_file(), reason=f"no NAB series in {FOLDER} (NAB_DIR)")
def test_the_detector_is_far_from_chance_on_nabs_series() -> None:
    detection = pytest.importorskip("stream_processor.detection", reason="the stream processor is not on the path")
    scored = [
        Scored(detection.detect(series.times_us, series.values), series.windows) for series in load() if series.windows
    ]
    chance = [Scored(np.random.default_rng(1).random(len(item.scores)), item.windows) for item in scored]
    standard = PROFILES["standard"]
    assert best(scored, standard).score > 45 > best(chance, standard).score + 20
