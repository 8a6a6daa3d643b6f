"""`simulator configure`."""

from pathlib import Path
from typing import Annotated

import typer

from simulator.commands.options import refusal, settings_of
from simulator.errors import SimulatorError


def configure(
    file: Annotated[Path, typer.Argument(help="YAML file to write.")] = Path("simulator.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace the file without asking.")] = False,
) -> None:
    """Ask what the fleet is to be like, and write the YAML file that `--config` takes."""
    from simulator.configuration import read_config_file
    from simulator.configure.questions import ask
    from simulator.configure.yaml_file import render

    if file.exists() and not force:
        typer.confirm(f"{file} exists. Replace it?", abort=True)
    answers = ask(settings_of())
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(render(answers), encoding="utf-8")
        read_config_file(file)
    except OSError as error:
        raise refusal(f"{file} can't be written: {error}") from None
    except SimulatorError as error:
        raise refusal(error) from None
    typer.echo(f"Wrote {file}. Try it: simulator run --config {file}")
