"""Facts in, findings out, and how they are printed."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from iotctl.doctor.data_checks import check_data
from iotctl.doctor.facts import Facts
from iotctl.doctor.findings import Finding, Severity, worst_first
from iotctl.doctor.machine_checks import check_machine
from iotctl.doctor.program_checks import check_programs

_MARKS = {Severity.BROKEN: "[red]✗[/]", Severity.DANGER: "[yellow]![/]", Severity.NOTE: "[dim]·[/]"}


def diagnose(facts: Facts) -> list[Finding]:
    """Return everything that is wrong, worst first."""
    return worst_first([*check_programs(facts), *check_machine(facts), *check_data(facts)])


def show(findings: list[Finding], console: Console) -> None:
    """Print a line for each finding, and its remedy below."""
    for finding in findings:
        mark = _MARKS[finding.severity]
        console.print(f"{mark} {escape(finding.problem)}", highlight=False, soft_wrap=True)
        console.print(f"    → {escape(finding.remedy)}", style="dim", highlight=False, soft_wrap=True)
    if not findings:
        console.print("[green]nothing is wrong[/]")
