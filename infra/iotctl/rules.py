"""`iotctl rules`: write, list and delete alert rules, over query-api."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from iotctl.query_api import ask
from iotctl.tables import wide_console
from stack.errors import IotctlError

COUNTED_BY_QUERY_API = ("version", "deleted")
app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def put(
    file: Annotated[str, typer.Argument(help="JSON of a rule or an array of rules; - reads it from input.")],
) -> None:
    """Write rules, each as the next version of its rule_id; takes what `list --json` prints."""
    known = {rule["rule_id"] for rule in _rules()}
    for rule in read_rules(_content(file)):
        rule_id = rule["rule_id"]
        address, method = (_address(rule_id), "PUT") if rule_id in known else ("/v1/rules", "POST")
        stored = json.loads(ask(address, json.dumps(rule).encode(), method=method))["rule"]
        known.add(rule_id)
        print(f"rule {rule_id} has version {stored['version']}")


@app.command("list")
def list_rules(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, an array of rules.")] = False,
) -> None:
    """Show every rule as it is now."""
    rules = _rules()
    if as_json:
        print(json.dumps(rules))
    else:
        wide_console().print(table_of(rules))


@app.command()
def delete(rule_id: Annotated[str, typer.Argument(help="As iotctl rules list shows it.")]) -> None:
    """Delete a rule; its open alerts are cleared."""
    ask(_address(rule_id), method="DELETE")
    print(f"rule {rule_id} is deleted")


def read_rules(text: bytes) -> list[dict[str, Any]]:
    """Read one rule or an array of rules, without the fields that query-api counts.

    Raises IotctlError when one has no rule_id; query-api judges the rest.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise _no_rule(str(error)) from error
    rules = content if isinstance(content, list) else [content]
    if not all(isinstance(rule, dict) and isinstance(rule.get("rule_id"), str) for rule in rules):
        raise _no_rule("each is an object with a rule_id")
    return [{name: value for name, value in rule.items() if name not in COUNTED_BY_QUERY_API} for rule in rules]


def table_of(rules: list[dict[str, Any]]) -> Table:
    """Show rules as a table."""
    table = Table("rule", "version", "severity", "condition", "watches", "for", "enabled")
    for rule in rules:
        selectors = rule.get("selectors")
        watches = json.dumps(selectors) if selectors else "all"
        enabled = "yes" if rule.get("enabled", True) else "no"
        duration = f"{rule.get('for_s', 0):g} s"
        version, condition = str(rule["version"]), json.dumps(rule["parameters"])
        table.add_row(rule["rule_id"], version, rule["severity"], condition, watches, duration, enabled)
    return table


def _rules() -> list[dict[str, Any]]:
    return [stored["rule"] for stored in json.loads(ask("/v1/rules"))["rules"]]


def _address(rule_id: str) -> str:
    return f"/v1/rules/{quote(rule_id, safe='')}"


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise IotctlError("rules", f"{file} can't be read: {error}", "name a file with a rule as JSON, or -") from error


def _no_rule(why: str) -> IotctlError:
    return IotctlError("rules", f"not a rule: {why}", "contracts/schemas/iot-rules.json says what one is")
