"""The command `simulator`."""

import typer

from simulator.commands.configure import configure
from simulator.commands.generate import generate
from simulator.commands.load import load
from simulator.commands.replay import replay
from simulator.commands.run import run
from simulator.commands.serve import serve

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Posts readings to ingest-api."
)
for _command in (serve, run, configure, generate, replay, load):
    app.command()(_command)
