"""Batch analyses of `iot.readings`: pure DataFrame functions, and the run that stores what they find."""
