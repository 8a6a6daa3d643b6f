"""`iotctl keys`: make, list and revoke API keys. They live on a compacted Kafka topic, hashes only."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from iot_contracts.api_keys import ApiKey, RateLimit
from iotctl.tables import wide_console
from stack.errors import IotctlError
from stack.settings import load

UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_RATE = re.compile(r"(?P<requests>\d+)/(?P<count>\d*)(?P<unit>[smhd])")

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[list[str] | None, typer.Option(help="write, read or admin; may be given again. [write]")] = None,
    rate: Annotated[str, typer.Option(help="At most so many requests: 100/s, 6000/m, 500/10s. [no limit]")] = "",
) -> None:
    """Make a key and print its token, which nobody can show again."""
    from components.api_keys import KeysTopic, new_key

    key, token = new_key(name, tuple(scope or ["write"]), rate_limit(rate), datetime.now(UTC))
    KeysTopic(load().kafka).put(key)
    Console(stderr=True).print(
        f"key {key.key_id} ({key.name}: {', '.join(key.scopes)}); this is its token, keep it now:", highlight=False
    )
    print(token)


@app.command("list")
def list_keys(as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a key a line.")] = False) -> None:
    """Show every key, the revoked ones too."""
    from components.api_keys import KeysTopic

    keys = KeysTopic(load().kafka).read()
    if as_json:
        for key in keys:
            print(msgspec.json.encode(key).decode())
    else:
        wide_console().print(table_of(keys))


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="As iotctl keys list shows it.")]) -> None:
    """Have a key refused from now on."""
    from components.api_keys import KeysTopic

    topic = KeysTopic(load().kafka)
    key = next((one for one in topic.read() if one.key_id == key_id), None)
    if key is None:
        raise IotctlError("keys", f"there is no key {key_id}", "iotctl keys list shows those that there are")
    if key.revoked_at is None:
        topic.put(msgspec.structs.replace(key, revoked_at=datetime.now(UTC)))
    print(f"key {key_id} ({key.name}) is revoked")


def rate_limit(text: str) -> RateLimit | None:
    """Read `100/s` or `500/10s`; nothing is no limit. Raises IotctlError."""
    if not text:
        return None
    parts = _RATE.fullmatch(text)
    if parts is None:
        raise IotctlError("keys", f"--rate {text} is not understood", "write it like 100/s, 6000/m or 500/10s")
    window_s = int(parts["count"] or 1) * UNIT_SECONDS[parts["unit"]]
    try:
        return msgspec.convert({"requests": int(parts["requests"]), "window_s": window_s}, RateLimit)
    except msgspec.ValidationError as error:
        raise IotctlError("keys", f"--rate {text}: {error}", "the window may be 1 second to 1 day") from error


def table_of(keys: list[ApiKey]) -> Table:
    """Show keys as a table, in the order in which they were made."""
    table = Table("key", "name", "scopes", "rate", "made", "revoked")
    for key in sorted(keys, key=lambda one: one.created_at):
        limit = f"{key.rate_limit.requests}/{key.rate_limit.window_s}s" if key.rate_limit else "-"
        revoked = f"{key.revoked_at:%Y-%m-%d %H:%M:%S}" if key.revoked_at else "-"
        table.add_row(
            key.key_id, key.name, ", ".join(key.scopes), limit, f"{key.created_at:%Y-%m-%d %H:%M:%S}", revoked
        )
    return table
