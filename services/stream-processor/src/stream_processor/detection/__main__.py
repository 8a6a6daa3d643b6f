"""`python -m stream_processor.detection`: compile the detector into NUMBA_CACHE_DIR, where it is not yet."""

from stream_processor.detection import detect

detect([0, 1], [0.0, 1.0])
