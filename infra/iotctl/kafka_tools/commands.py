"""The command lines of the Kafka tools: arguments in, one call, what is printed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from stack import secrets
from stack.errors import IotctlError
from stack.settings import load

if TYPE_CHECKING:
    from iotctl.kafka_tools.predicate import Predicate

FilterOption = Annotated[
    str, typer.Option("--filter", envvar="FILTER", help="Only what matches: 'value > 30 and sensor_type == \"light\"'.")
]
ApiKeyOption = Annotated[
    str, typer.Option("--api-key", envvar="API_KEY", help="A key that may write, when keys are on. [iotctl's own]")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

topics_app = typer.Typer(no_args_is_help=True, help="Kafka's topics: make, list, describe.")
dlq_app = typer.Typer(no_args_is_help=True, help="Dead letters: list, show, replay.")
console = Console(width=None if sys.stdout.isatty() else 160, soft_wrap=not sys.stdout.isatty())


def register(app: typer.Typer) -> None:
    """Add these commands to iotctl."""
    app.add_typer(topics_app, name="topics")
    app.add_typer(dlq_app, name="dlq")
    app.command()(tail)
    app.command()(send)


@topics_app.command("list")
def list_topics() -> None:
    """List every topic with its partitions, messages and purpose."""
    from iotctl.kafka_tools.tables import topics_table
    from iotctl.kafka_tools.topic_admin import states

    console.print(topics_table(states(_bootstrap())))


@topics_app.command("describe")
def describe_topic(topic: Annotated[str, typer.Argument(envvar="TOPIC")]) -> None:
    """Show a topic's partitions and offsets, its settings, and its contract."""
    from iotctl.kafka_tools.tables import topic_tables
    from iotctl.kafka_tools.topic_admin import states

    for table in topic_tables(states(_bootstrap(), topic)[0]):
        console.print(table)


@topics_app.command("create")
def create_topics(
    topic: Annotated[str, typer.Argument(help="Leave it out for all of the registry in contracts/.")] = "",
    partitions: Annotated[int, typer.Option(min=1, help="Of a topic that is in no registry.")] = 1,
    config: Annotated[list[str] | None, typer.Option(help="A setting of it: retention.ms=3600000.")] = None,
) -> None:
    """Make the registry's topics that are missing (and align the others), or a topic of your own."""
    from components.topics import ensure_topics
    from iot_contracts.topics import TOPICS
    from iotctl.kafka_tools.topic_admin import create

    chosen = [known for known in TOPICS if topic in ("", known.name)]
    if chosen:
        made = ensure_topics(_bootstrap(), chosen)
        print(f"made: {', '.join(made)}" if made else "all there; their settings are those of the registry")
        return
    settings = dict(setting.partition("=")[::2] for setting in config or [])
    create(_bootstrap(), topic, partitions, settings)
    print(f"made: {topic}")


def tail(
    topic: Annotated[str, typer.Argument(envvar="TOPIC", help="A topic's name.")],
    expression: FilterOption = "",
    start: Annotated[
        str, typer.Option("--from", envvar="FROM", help="beginning, latest, an offset, or a time in RFC 3339.")
    ] = "latest",
    group: Annotated[str, typer.Option(help="Go on where this consumer group stopped.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
    as_json: JsonOption = False,
    follow: Annotated[bool, typer.Option(help="Go on at the present end, until Ctrl-C.")] = True,
) -> None:
    """Print a topic's messages as they come: topic, partition, offset, time, and what they say."""
    from iotctl.kafka_tools.starting_point import parse_starting_point
    from iotctl.kafka_tools.tail import Tail
    from iotctl.kafka_tools.tail import tail as work

    try:
        beginning = parse_starting_point(start)
    except ValueError as error:
        raise IotctlError("tail", str(error), "correct --from") from None
    work(_bootstrap(), Tail(topic, beginning, _predicate(expression), group or None, limit, as_json, follow))


def send(
    file: Annotated[
        str,
        typer.Argument(envvar="FILE", help="Readings as JSON, NDJSON or CSV; - for JSON or NDJSON on standard input."),
    ],
    batch: Annotated[int, typer.Option(min=1, max=100_000, help="Readings in one request.")] = 1_000,
    api_key: ApiKeyOption = "",
) -> None:
    """Post a file of readings through ingest-api; exit code 1 when some were rejected. Safe to repeat."""
    from iotctl.kafka_tools.ingest_client import IngestClient
    from iotctl.kafka_tools.send import send as work

    with IngestClient(_ingest_api(), api_key or secrets.own_api_key(load().state)) as client:
        tally = work(client, file, batch, Console(stderr=True))
    for error in tally.errors:
        print(error)
    if tally.rejected > len(tally.errors):
        print(f"... and {tally.rejected - len(tally.errors):,} more")
    print(f"{tally.accepted:,} accepted, {tally.rejected:,} rejected")
    raise typer.Exit(1 if tally.rejected else 0)


@dlq_app.command("list")
def list_letters(expression: FilterOption = "", as_json: JsonOption = False) -> None:
    """List the dead letters: offset, time, reason, source, what is wrong."""
    from iotctl.kafka_tools.dead_letters import letters
    from iotctl.kafka_tools.messages import rfc3339

    found = letters(_bootstrap(), _predicate(expression))
    for letter in found:
        content = letter.content
        line = f"{letter.offset}  {rfc3339(content.failed_at)}  {content.reason.value}  {letter.source}"
        print(json.dumps(letter.as_json()) if as_json else f"{line}  {content.detail}")
    if not as_json:
        print(f"{len(found)} dead letters; iotctl dlq show OFFSET shows one")


@dlq_app.command("show")
def show_letter(
    offset: Annotated[int, typer.Argument(help="Its offset, as dlq list shows it.")],
    as_json: JsonOption = False,
    payload: Annotated[bool, typer.Option("--payload", help="Print the payload only, byte for byte.")] = False,
) -> None:
    """Show one dead letter with its payload decoded."""
    from iotctl.kafka_tools.dead_letters import letters
    from iotctl.kafka_tools.starting_point import AtOffset

    found = letters(_bootstrap(), lambda names: bool(names["offset"] == offset), AtOffset(offset), limit=1)
    if not found:
        raise IotctlError("dlq", f"there is no dead letter at offset {offset}", "iotctl dlq list")
    if payload:
        sys.stdout.buffer.write(found[0].content.payload)
    else:
        print(json.dumps(found[0].as_json()) if as_json else found[0].shown())


@dlq_app.command("replay")
def replay_letters(
    expression: FilterOption = "",
    assign: Annotated[list[str] | None, typer.Option("--set", help="Repair a field: unit=Celsius.")] = None,
    unset: Annotated[list[str] | None, typer.Option(help="Take a field out.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be posted, post nothing.")] = False,
    api_key: ApiKeyOption = "",
) -> None:
    """Post dead letters again through ingest-api, unchanged or repaired; says what became of each. Safe to repeat."""
    from iotctl.kafka_tools.dead_letters import letters, parse_repair
    from iotctl.kafka_tools.ingest_client import IngestClient
    from iotctl.kafka_tools.replay import replay

    try:
        repair = parse_repair(assign or [], unset or [])
    except ValueError as error:
        raise IotctlError("dlq", str(error), "correct --set") from None
    found = letters(_bootstrap(), _predicate(expression))
    if dry_run:
        for letter in found:
            print(f"{letter.offset}  {json.dumps(repair.apply(letter))}")
        return
    fates = {"accepted": 0, "rejected": 0, "skipped": 0}
    with IngestClient(_ingest_api(), api_key or secrets.own_api_key(load().state)) as client:
        for outcome in replay(client, found, repair):
            fates[outcome.fate] += 1
            print(f"{outcome.letter.offset}  {outcome.fate}  {outcome.why}", flush=True)
    print(", ".join(f"{count} {fate}" for fate, count in fates.items()))
    raise typer.Exit(0 if fates["accepted"] == len(found) else 1)


def _predicate(expression: str) -> Predicate:
    from iotctl.kafka_tools.predicate import FilterError, compile_filter

    if not expression.strip():
        return lambda _: True
    try:
        return compile_filter(expression)
    except FilterError as error:
        raise IotctlError("filter", str(error), "docs/kafka-tools.md has the whole language") from None


def _bootstrap() -> str:
    return load().kafka


def _ingest_api() -> str:
    return load().url("INGEST_API")
