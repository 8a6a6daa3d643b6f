"""`simulator load`: an open-loop load generator with latency percentiles, for benchmarks."""
