"""The doctor names what is wrong with its remedy, worst first, and says nothing of what is right."""

from dataclasses import replace
from datetime import datetime

import pytest

from components.registry import PROGRAMS
from iot_contracts.topics import IOT_SENSORS
from iotctl.doctor.diagnosis import diagnose
from iotctl.doctor.facts import Facts, LockFact, MachineFact, PartitionFact, ProgramFact, TableFact
from iotctl.doctor.findings import Severity
from runtimes.native.runtime import exits_since
from runtimes.retention import Kept

GIB = 1 << 30
MACHINE = MachineFact(50 * GIB, 100 * GIB, 8 * GIB, 16 * GIB, 0.0)
PARTITION = PartitionFact(0, 0, None, 7 * 86400.0, 0, 10 * GIB)
WELL = Facts(
    is_up=True,
    programs=[ProgramFact(program.name, "RUNNING") for program in PROGRAMS],
    machine=MACHINE,
    query_lag=0,
    partitions=[PARTITION],
    locks=[LockFact(1, "iot.readings", 0.4, "spark")],
    tables=[TableFact("iot.readings", 300, 900, 200)],
)


def with_program(name: str, state: str = "RUNNING", reason: str = "", exits: int = 0) -> Facts:
    programs = [ProgramFact(name, state, reason, exits) if one.name == name else one for one in WELL.programs]
    return replace(WELL, programs=programs)


def test_nothing_is_said_of_a_stack_that_is_well() -> None:
    assert diagnose(WELL) == []


@pytest.mark.parametrize(
    ("facts", "severity", "problem"),
    [
        (replace(WELL, machine=replace(MACHINE, disk_free_bytes=GIB // 2)), Severity.BROKEN, "only 0.5 GiB of 100 are"),
        (replace(WELL, machine=replace(MACHINE, disk_free_bytes=3 * GIB)), Severity.DANGER, "only 3.0 GiB of 100 are"),
        (
            replace(WELL, kept=[Kept(IOT_SENSORS, bytes_now=GIB, bytes_per_s=GIB / 3600)]),
            Severity.DANGER,
            "the disk is full in 2.1 days; iot-sensors alone takes 1.00 GiB an hour",
        ),
        (replace(WELL, machine=replace(MACHINE, memory_available_bytes=GIB // 2)), Severity.DANGER, "of memory are"),
        (replace(WELL, machine=replace(MACHINE, clock_ahead_s=-30.0)), Severity.DANGER, "the clock is 30 s behind"),
        (
            replace(WELL, partitions=[replace(PARTITION, newest_in_future_s=3600.0)]),
            Severity.DANGER,
            "appended 3600 s in the future",
        ),
        (replace(WELL, outdated_environments=["query-api"]), Severity.DANGER, "not those that are pinned: query-api"),
        (replace(WELL, wrong_jars=["spark/a.jar"]), Severity.BROKEN, "spark/a.jar"),
        (replace(WELL, changed_settings=["X"]), Severity.NOTE, "settings differ"),
        (with_program("kafka", "FATAL"), Severity.BROKEN, "kafka does not run (FATAL)"),
        (with_program("query-api", reason="tail: not read"), Severity.BROKEN, "query-api is not ready: tail: not read"),
        (with_program("ingest-api", exits=1), Severity.NOTE, "ingest-api ended unexpectedly 1 times"),
        (with_program("ingest-api", exits=3), Severity.DANGER, "ingest-api ended unexpectedly 3 times"),
        (
            replace(WELL, partitions=[replace(PARTITION, unread=5, oldest_unread_age_s=61.0)]),
            Severity.BROKEN,
            "5 messages wait to be stored, the oldest for 61 s",
        ),
        (replace(WELL, query_lag=10_001), Severity.DANGER, "query-api is 10,001 messages behind"),
        (
            replace(WELL, locks=[LockFact(7, "iot.readings", 600.0, "root@here")]),
            Severity.BROKEN,
            "a lock on iot.readings is 10 min old, held by root@here",
        ),
        (
            replace(WELL, tables=[TableFact("iot.readings", 1_001, 5_000, 2_000)]),
            Severity.DANGER,
            "iot.readings has 2,000 files in one day and 1,001 snapshots",
        ),
        (replace(WELL, unseen={"locks": "no route"}), Severity.NOTE, "locks could not be looked at: no route"),
    ],
)
def test_each_trouble_is_named_with_a_remedy(facts: Facts, severity: Severity, problem: str) -> None:
    [finding] = diagnose(facts)
    assert finding.severity is severity
    assert problem in finding.problem
    assert finding.remedy


@pytest.mark.parametrize(
    ("unread", "age_s", "unread_bytes", "severity"),
    [
        (10, 30.0, 4 * GIB, None),
        (10, 30.0, 5 * GIB, Severity.DANGER),
        (10, 4 * 86400.0, 0, Severity.DANGER),
        (10, 8 * 86400.0, 0, Severity.BROKEN),
    ],
)
def test_unread_messages_that_kafka_will_delete_are_named_long_before(
    unread: int, age_s: float, unread_bytes: int, severity: Severity | None
) -> None:
    partition = replace(PARTITION, unread=unread, oldest_unread_age_s=age_s, unread_bytes=unread_bytes)
    findings = [one for one in diagnose(replace(WELL, partitions=[partition])) if "of what Kafka keeps" in one.problem]
    assert [one.severity for one in findings] == ([severity] if severity is not None else [])


def test_other_ports_than_those_that_are_asked_come_before_all_that_is_not_found_there() -> None:
    facts = replace(with_program("kafka", reason="Connection refused"), changed_settings=["KAFKA_PORT"])
    first, second, _settings = diagnose(facts)
    assert "other ports than are asked here (KAFKA_PORT)" in first.problem
    assert second.problem.startswith("kafka is not ready")


def test_a_program_that_waits_for_another_comes_after_it() -> None:
    programs = [
        ProgramFact("postgres", "FATAL"),
        ProgramFact("query-api", "RUNNING", "table: no metastore answers"),
        ProgramFact("metastore", "RUNNING", "answers with an error"),
    ]
    found = [(one.severity, one.problem.split()[0]) for one in diagnose(replace(WELL, programs=programs))]
    assert found == [(Severity.BROKEN, "postgres"), (Severity.DANGER, "query-api"), (Severity.DANGER, "metastore")]


def test_a_stack_that_is_down_is_one_finding_and_who_has_its_ports_another() -> None:
    programs = [ProgramFact(one.name, "DOWN", "the stack is down") for one in PROGRAMS]
    assert [one.remedy for one in diagnose(replace(WELL, is_up=False, programs=programs))] == ["make up"]
    programs[0] = replace(programs[0], port_holders={5433: "postgres (pid 7)"})
    down, port = diagnose(replace(WELL, is_up=False, programs=programs))
    assert (down.problem, port.problem) == ("the stack is down", "port 5433 of postgres is taken by postgres (pid 7)")


def test_only_unexpected_ends_of_the_last_hour_count() -> None:
    log = (
        "2026-11-26 00:37:53,181 INFO exited: kafka (terminated by SIGKILL; not expected)\n"
        "2026-11-26 01:37:53,181 INFO exited: kafka (terminated by SIGKILL; not expected)\n"
        "2026-11-26 01:37:54,181 WARN exited: query-api (exit status 1; not expected)\n"
        "2026-11-26 01:37:55,181 WARN stopped: postgres (exit status 143)\n"
    )
    assert exits_since(log, datetime(2026, 11, 26, 1, 0)) == {"kafka": 1, "query-api": 1}
