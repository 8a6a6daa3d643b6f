"""`python -m simulator serve|run|configure|generate|replay|load`."""

from simulator.cli import app

if __name__ == "__main__":
    app(prog_name="simulator")
