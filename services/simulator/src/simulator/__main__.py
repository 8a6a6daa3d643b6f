"""`python -m simulator serve|run|replay`."""

from simulator.cli import app

if __name__ == "__main__":
    app(prog_name="simulator")
