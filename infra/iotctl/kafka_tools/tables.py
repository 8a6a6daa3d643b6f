"""The tables of `iotctl topics`. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from iot_contracts.topics import TOPICS
from iotctl.kafka_tools.topic_admin import TopicState

REGISTRY = {topic.name: topic for topic in TOPICS}
_HOURS_MS = 3_600_000


def topics_table(states: Iterable[TopicState]) -> Table:
    """Return one line a topic."""
    table = Table(header_style="bold")
    for column in ("topic", "partitions", "messages", "kept", "message type", "what for"):
        table.add_column(column, no_wrap=column != "what for")
    for state in states:
        contract = REGISTRY.get(state.name)
        table.add_row(
            state.name,
            str(len(state.partitions)),
            f"{state.kept:,}",
            _kept(state),
            contract.payload.__name__ if contract else "-",
            contract.description if contract else "not in the registry of contracts/",
        )
    return table


def topic_tables(state: TopicState) -> list[Table]:
    """Return a topic's partitions, its settings, and what the contract says of it."""
    partitions = Table(title=state.name, title_justify="left", header_style="bold")
    for column in ("partition", "leader", "replicas", "beginning", "end", "messages"):
        partitions.add_column(column, justify="right")
    for part in state.partitions:
        figures = (part.number, part.leader, ",".join(map(str, part.replicas)), part.beginning, part.end)
        partitions.add_row(*map(str, figures), f"{part.end - part.beginning:,}")
    facts = Table(show_header=False)
    for name, value in sorted(state.settings.items()):
        facts.add_row(name, value)
    contract = REGISTRY.get(state.name)
    if contract is not None:
        facts.add_row("message", f"{contract.payload.__name__} (contracts/schemas/{contract.name}.json)")
        facts.add_row("key", contract.key)
        facts.add_row("written by", ", ".join(contract.producers))
        facts.add_row("read by", ", ".join(contract.consumers))
    return [partitions, facts]


def _kept(state: TopicState) -> str:
    retention = state.settings.get("retention.ms")
    if state.settings.get("cleanup.policy") == "compact":
        return "the newest of each key"
    return f"{int(retention) / _HOURS_MS:g} h" if retention and int(retention) >= 0 else "the broker's default"
