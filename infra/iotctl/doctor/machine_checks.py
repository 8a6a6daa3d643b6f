"""Is the machine fit, and is what is installed what the project pins? Pure."""

from __future__ import annotations

from collections.abc import Iterator

from iotctl.doctor.facts import Facts
from iotctl.doctor.findings import Finding, Severity
from runtimes.retention import check_retention

GIB = 1 << 30
BROKEN_DISK_BYTES, DANGER_DISK_BYTES = GIB, 5 * GIB
"""HDFS takes no block when less than 1 GiB is free; 5 GiB is what `make up` asks for."""
DANGER_MEMORY_BYTES = GIB
CLOCK_TOLERANCE_S = 5.0


def check_disk(facts: Facts) -> Iterator[Finding]:
    """A full disk stops Kafka and HDFS."""
    free = facts.machine.disk_free_bytes
    if free >= DANGER_DISK_BYTES:
        return
    severity = Severity.BROKEN if free < BROKEN_DISK_BYTES else Severity.DANGER
    problem = f"only {free / GIB:.1f} GiB of {facts.machine.disk_total_bytes / GIB:.0f} are free where the data are"
    yield Finding(severity, problem, "free some space; docs/operations.md#disk says what grows and what bounds it")


def check_kept(facts: Facts) -> Iterator[Finding]:
    """What comes in now, kept for as long as the registry says, has to fit on the disk: `make up` warns of the same."""
    for finding in check_retention(facts.kept, facts.machine.disk_free_bytes):
        yield Finding(Severity.DANGER, finding.problem, finding.remedy)


def check_memory(facts: Facts) -> Iterator[Finding]:
    """Without memory the kernel kills a program, the biggest first."""
    free = facts.machine.memory_available_bytes
    if free < DANGER_MEMORY_BYTES:
        problem = (
            f"only {free / GIB:.1f} GiB of {facts.machine.memory_total_bytes / GIB:.1f} GiB of memory are available"
        )
        remedy = "make status shows who takes it; stop what is not needed, dmesg shows what the kernel killed"
        yield Finding(Severity.DANGER, problem, remedy)


def check_clock(facts: Facts) -> Iterator[Finding]:
    """Retention and "since when" go by the broker's clock: one that steps back makes messages of the future."""
    ahead = facts.machine.clock_ahead_s
    if abs(ahead) > CLOCK_TOLERANCE_S:
        word = "ahead of" if ahead > 0 else "behind"
        problem = f"the clock is {abs(ahead):.0f} s {word} the file system's"
        yield Finding(Severity.DANGER, problem, "set both by NTP: timedatectl set-ntp true")
    future = max((one.newest_in_future_s for one in facts.partitions), default=0.0)
    if future > CLOCK_TOLERANCE_S:
        problem = f"Kafka's newest message was appended {future:.0f} s in the future: the clock was set back"
        remedy = "set the clock by NTP (timedatectl set-ntp true); until it has caught up, times of arrival are wrong"
        yield Finding(Severity.DANGER, problem, remedy)


def check_versions(facts: Facts) -> Iterator[Finding]:
    """What runs should be what the project pins."""
    if facts.outdated_environments:
        names = ", ".join(facts.outdated_environments)
        problem = f"installed packages are not those that are pinned: {names}"
        yield Finding(Severity.DANGER, problem, "make down, then make up: it installs what is pinned")
    if facts.wrong_jars:
        problem = f"jars are missing or not of the pinned size: {', '.join(facts.wrong_jars)}"
        yield Finding(Severity.BROKEN, problem, "make down, then make up: it fetches and checks them")
    if facts.changed_settings:
        problem = f"settings differ from those that the stack was started with: {', '.join(facts.changed_settings)}"
        yield Finding(Severity.NOTE, problem, "make up restarts the stack with the new ones")


def check_machine(facts: Facts) -> list[Finding]:
    """Run all checks of this module."""
    return [*check_disk(facts), *check_kept(facts), *check_memory(facts), *check_clock(facts), *check_versions(facts)]
