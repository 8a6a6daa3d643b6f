"""The questions of `simulator configure`. Each answer is checked at once, and asked again when it can't be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typer
from pydantic import ValidationError

from simulator.catalogue import find_sensor_type, load_catalogue
from simulator.errors import ConfigurationError
from simulator.faults.kinds import AnyFault, EpisodeFault
from simulator.faults.kinds import FaultKind as Fault
from simulator.settings import Settings

Answers = dict[str, object]
FAULTS = {kind.model_fields["kind"].default: kind for kind in Fault.__args__}


@dataclass(frozen=True)
class Question:
    """One question; a setting's name has the answer checked as that setting."""

    setting: str
    text: str
    default: object
    parse: Callable[[str], object] = str


def ask(defaults: Settings) -> Answers:
    """Settings by name, in the order in which they were asked for."""
    catalogue = load_catalogue(defaults.sensor_types_file)

    def known_types(text: str) -> object:
        return [find_sensor_type(catalogue, name).name for name in _names(text)]

    fleet: tuple[Question, ...] = (
        Question("sensor_count", "How many sensors", defaults.sensor_count),
        Question("sensor_types", f"Types, of {', '.join(catalogue)}", _listed(defaults.sensor_types), known_types),
        Question("locations", "Places", _listed(defaults.locations), _names),
        Question("interval_ms", "Milliseconds between two readings of one sensor", defaults.interval_ms),
        Question("anomaly_rate", "Share of readings that are spikes (0 to 1)", defaults.anomaly_rate),
    )
    rest: tuple[Question, ...] = (
        Question("seed", "Seed: the same one gives the same values", defaults.seed),
        Question("ingest_api_url", "Address of ingest-api", defaults.ingest_api_url),
        Question("max_buffered_readings", "Readings kept on disk while it is away", defaults.max_buffered_readings),
    )
    answers: Answers = {question.setting: _ask(question) for question in fleet}
    answers["faults"] = _ask_faults()
    answers |= {question.setting: _ask(question) for question in rest}
    if typer.confirm("Write a second copy of all readings to data/iot_data_*.json?", default=False):
        answers["tee_dir"] = "data"
    return answers


def _ask_faults() -> list[dict[str, object]]:
    def kinds(text: str) -> list[str]:
        chosen = [] if text == "none" else _names(text)
        unknown = [name for name in chosen if name not in FAULTS]
        if unknown:
            raise ValueError(f"no fault is called {', '.join(unknown)}")
        return chosen

    question = f"Which further faults ({', '.join(FAULTS)})"
    chosen = _ask(Question("", question, "none", kinds))
    assert isinstance(chosen, list)  # noqa: S101 - what `kinds` returns
    return [_ask_frequency(kind) for kind in chosen]


def _ask_frequency(kind: str) -> dict[str, object]:
    fault: type[AnyFault] = FAULTS[kind]
    name = "per_day" if issubclass(fault, EpisodeFault) else "rate"
    field = fault.model_fields[name]

    def parse(text: str) -> object:
        return getattr(fault.model_validate({name: text}), name)

    return {"kind": kind, name: _ask(Question("", f"{kind}: {field.description}".rstrip("."), field.default, parse))}


def _ask(question: Question) -> object:
    while True:
        text = typer.prompt(question.text, default=str(question.default))
        try:
            answer = question.parse(text)
            if not question.setting:
                return answer
            return getattr(Settings.model_validate({question.setting: answer}), question.setting)
        except ValidationError as error:
            typer.echo(f"  {error.errors()[0]['msg']}")
        except (ValueError, ConfigurationError) as error:
            typer.echo(f"  {error}")


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise ValueError("at least one is needed, several separated by commas")
    return names


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
