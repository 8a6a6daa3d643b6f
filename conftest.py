"""For the tests of every package."""

import hypothesis

# How long an example takes, or is looked for, says more about what else the machine does than about the code.
hypothesis.settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any-machine")
