"""When a component that runs does not do its work."""

from iotctl.readiness import stale_image


def test_an_image_that_was_not_written_anew_twice_in_a_row_is_said():
    assert stale_image(age_s=2 * 3600, interval_s=3600) is None
    assert "is 130 minutes old" in str(stale_image(age_s=130 * 60, interval_s=3600))
