"""The formats of a request's body: each module turns bytes into candidates, and nothing else."""
