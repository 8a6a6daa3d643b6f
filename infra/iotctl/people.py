"""`iotctl alerts` and `iotctl sensors`: what query-api keeps of them, over its API."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer
from rich.table import Table

from iotctl.query_api import ask
from iotctl.tables import wide_console
from stack.errors import IotctlError

alerts = typer.Typer(no_args_is_help=True, help="List alerts and say what is done about them, over query-api.")
sensors = typer.Typer(no_args_is_help=True, help="List, import and export sensors, over query-api.")


@alerts.command("list")
def list_alerts(
    status: Annotated[list[str] | None, typer.Option(help="open, acknowledged, snoozed, cleared or resolved.")] = None,
    severity: Annotated[list[str] | None, typer.Option(help="high, medium or low.")] = None,
    sensor: Annotated[list[str] | None, typer.Option(help="Only these sensors.")] = None,
    inhibited: Annotated[
        bool | None, typer.Option("--inhibited/--in-force", help="Only what others inhibit, or what none does. [both]")
    ] = None,
    limit: Annotated[int, typer.Option(help="Maximum number of alerts.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON as query-api answers it.")] = False,
) -> None:
    """Show alerts, newest first."""
    asked = {"status": status or [], "severity": severity or [], "sensor_id": sensor or [], "limit": [limit]}
    if inhibited is not None:
        asked["inhibited"] = [str(inhibited).lower()]
    answer = ask(f"/v1/alerts?{urlencode(asked, doseq=True)}")
    if as_json:
        print(answer.decode())
        return
    listed = json.loads(answer)["alerts"]
    wide_console().print(table_of(listed, alert_columns(listed)))


@alerts.command()
def acknowledge(
    alert_id: Annotated[str, typer.Argument(help="As iotctl alerts list shows it.")],
    note: Annotated[str | None, typer.Option(help="Why.")] = None,
    by: Annotated[str | None, typer.Option(help="Who does it. [you]")] = None,
) -> None:
    """Say that somebody takes care of an alert."""
    _act(alert_id, "acknowledge", note, by)


@alerts.command()
def resolve(
    alert_id: Annotated[str, typer.Argument(help="As iotctl alerts list shows it.")],
    note: Annotated[str | None, typer.Option(help="Why.")] = None,
    by: Annotated[str | None, typer.Option(help="Who does it. [you]")] = None,
) -> None:
    """Close an alert."""
    _act(alert_id, "resolve", note, by)


@sensors.command("list")
def list_sensors(
    status: Annotated[list[str] | None, typer.Option(help="online, offline or never_seen.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only sensors with one of these tags.")] = None,
    limit: Annotated[int, typer.Option(help="Maximum number of sensors.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON as query-api answers it.")] = False,
) -> None:
    """Show sensors, by id."""
    answer = ask(f"/v1/sensors?{urlencode({'status': status or [], 'tag': tag or [], 'limit': [limit]}, doseq=True)}")
    if as_json:
        print(answer.decode())
    else:
        wide_console().print(table_of(json.loads(answer)["sensors"], SENSOR_COLUMNS))


@sensors.command("import")
def import_sensors(file: Annotated[Path, typer.Argument(help="CSV with sensor_id and what export writes.")]) -> None:
    """Register the sensors of a CSV, all or none."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise IotctlError("sensors", f"{file} can't be read: {error}", "name a CSV file") from error
    answer = json.loads(ask("/v1/sensors.csv", content, "text/csv"))
    print(f"{answer['sensors']} sensors, {answer['changed']} of them new or changed")


@sensors.command("export")
def export_sensors() -> None:
    """Print the registered sensors as CSV."""
    print(ask("/v1/sensors.csv").decode(), end="")


ALERT_COLUMNS = ("alert_id", "status", "severity", "rule_id", "sensor_id", "location", "opened_at", "count", "message")
SENSOR_COLUMNS = ("sensor_id", "name", "status", "sensor_type", "location", "last_value", "unit", "last_seen")


def alert_columns(alerts: list[dict[str, Any]]) -> tuple[str, ...]:
    """What is shown of alerts: also which others speak for them, where any do."""
    is_any_inhibited = any(alert["inhibited_by"] for alert in alerts)
    return (*ALERT_COLUMNS[:2], "inhibited_by", *ALERT_COLUMNS[2:]) if is_any_inhibited else ALERT_COLUMNS


def table_of(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Table:
    """Show some fields of what query-api lists."""
    table = Table()
    for name in columns:
        # An id is there to be copied.
        table.add_column(name.removesuffix("_id").replace("_", " "), no_wrap=name.endswith("_id"))
    for row in rows:
        table.add_row(*("-" if row[name] in (None, "") else str(row[name]) for name in columns))
    return table


def _act(alert_id: str, action: str, note: str | None, by: str | None) -> None:
    body = json.dumps({"by": by or getpass.getuser(), "note": note}).encode()
    alert = json.loads(ask(f"/v1/alerts/{quote(alert_id, safe='')}/{action}", body))
    print(f"alert {alert['alert_id']} is {alert['status']}")
