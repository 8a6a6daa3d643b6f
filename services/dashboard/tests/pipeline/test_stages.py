"""What the services answered, as stages."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.pipeline.answers import (
    Acceptance,
    Alerts,
    FleetStatus,
    HeldRows,
    HeldSnapshot,
    HeldStatus,
    JobStatus,
    LastBatch,
    OpenAlerts,
    Summary,
    parse_acceptance,
)
from dashboard.pipeline.schemas import Pipeline, Stage
from dashboard.pipeline.service_client import Readiness
from dashboard.pipeline.stages import Observed, Pipelines

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()
READY = Readiness(answers=True, reason=None)
AWAY = "stream-processor at http://s does not answer (ConnectError)"


def seen_after(seconds: float, **changes: Any) -> Observed:
    """A stack with ten readings a second, that commits every 3 s and has committed just now."""
    count = 1000 + round(10 * seconds)
    finished_at = datetime.fromtimestamp(NOW + seconds, UTC)
    held = HeldStatus(
        snapshot=HeldSnapshot(committed_at=finished_at, offsets={0: count - 20, 1: 500}),
        files=7,
        snapshots=5,
        rows=HeldRows(cold=400, recent=count + 80, tail=20),
        offsets={0: count, 1: 500},
        missing={},
    )
    observed = Observed(
        simulator=READY,
        fleet=FleetStatus(running=True, sensors=20, rate_per_s=10.0, accepted=count, buffered=0),
        ingest=READY,
        accepted=Acceptance(count),
        stream=READY,
        job=JobStatus(offsets={0: count - 20, 1: 500}, last_batch=LastBatch(finished_at), derived_at=None),
        query=READY,
        held=held,
        summary=Summary(anomalies=9, anomalies_24h=4),
        alerts=Alerts(OpenAlerts(high=1, medium=2, low=3)),
        kafka_reason=None,
        own_reason=None,
        ends={0: count, 1: 500},
        positions={0: count - 1, 1: 500},
    )
    return replace(observed, **changes)


def describe(*seconds: float, **changes: Any) -> Pipeline:
    """What is shown after looks at these times; `changes` are of the last."""
    pipelines = Pipelines()
    for one in seconds[:-1]:
        pipelines.describe(seen_after(one), NOW + one)
    return pipelines.describe(seen_after(seconds[-1], **changes), NOW + seconds[-1])


def stages_of(pipeline: Pipeline) -> dict[str, Stage]:
    return {stage.name: stage for stage in pipeline.stages}


def test_all_stages_stand_in_the_order_of_a_readings_way_with_their_rate() -> None:
    pipeline = describe(0, 3, 6)
    assert [(stage.name, stage.health, stage.rate_per_s) for stage in pipeline.stages] == [
        ("simulator", "ready", 10),
        ("ingest-api", "ready", 10),
        ("kafka", "ready", 10),
        ("stream-processor", "ready", 10),
        ("tables", "ready", 10),
        ("query-api", "ready", 10),
        ("dashboard", "ready", 10),
    ]


def test_a_lag_is_told_in_messages_and_in_the_time_in_which_they_came() -> None:
    stages = stages_of(describe(0, 3, 6))
    assert {name: (stage.lag_messages, stage.lag_s) for name, stage in stages.items()} == {
        "simulator": (0, 0),
        "ingest-api": (None, None),
        "kafka": (None, None),
        "stream-processor": (20, 2.0),
        "tables": (20, 2.0),
        "query-api": (0, 0),
        "dashboard": (1, 0.1),
    }


def test_what_waits_on_the_simulators_disk_was_measured_at_the_rate_it_is_set_to() -> None:
    fleet = FleetStatus(running=True, sensors=20, rate_per_s=50.0, accepted=1060, buffered=500)
    stage = stages_of(describe(0, 6, fleet=fleet))["simulator"]
    assert (stage.lag_messages, stage.lag_s) == (500, 10.0)


def test_a_rate_that_is_not_known_yet_makes_no_seconds() -> None:
    stage = stages_of(describe(0))["stream-processor"]
    assert (stage.rate_per_s, stage.lag_messages, stage.lag_s) == (None, 20, None)


def test_a_stage_that_does_not_answer_is_named_with_its_cause_and_the_others_stay() -> None:
    away = Readiness(answers=False, reason=AWAY)
    pipeline = describe(0, 3, 6, stream=away, job=AWAY)
    stages = stages_of(pipeline)
    stream = stages["stream-processor"]
    assert (stream.health, stream.reason, stream.rate_per_s, stream.lag_messages) == ("no_answer", AWAY, None, None)
    assert {stage.health for name, stage in stages.items() if name != "stream-processor"} == {"ready"}
    assert pipeline.table is not None


def test_a_stage_that_is_not_ready_says_why_in_its_own_words() -> None:
    reason = "streaming query: no lock; readings wait in Kafka"
    stream = stages_of(describe(0, 3, stream=Readiness(answers=True, reason=reason)))["stream-processor"]
    assert (stream.health, stream.reason, stream.lag_messages) == ("not_ready", reason, 20)


def test_a_stage_that_is_ready_without_figures_has_not_answered() -> None:
    ingest = stages_of(describe(0, 3, accepted="ingest-api at http://i does not answer (TimeoutError)"))["ingest-api"]
    assert (ingest.health, ingest.reason) == ("no_answer", "ingest-api at http://i does not answer (TimeoutError)")


def test_the_tables_are_as_ready_as_query_api_says() -> None:
    held = seen_after(3).held
    assert isinstance(held, HeldStatus)
    missing = {"postgres": "away", "table": "the metastore does not answer"}
    lacks = HeldStatus(held.snapshot, held.files, held.snapshots, held.rows, held.offsets, missing)
    query = Readiness(answers=True, reason="postgres: away; table: the metastore does not answer")
    tables = stages_of(describe(0, 3, held=lacks, query=query))["tables"]
    assert (tables.health, tables.reason, tables.rate_per_s) == ("not_ready", "the metastore does not answer", 10)


def test_without_query_api_nobody_knows_the_table() -> None:
    reason = "query-api at http://q does not answer (ConnectError)"
    away: dict[str, Any] = dict.fromkeys(("held", "summary", "alerts"), reason)
    pipeline = describe(0, 3, query=Readiness(answers=False, reason=reason), **away)
    tables = stages_of(pipeline)["tables"]
    assert (tables.health, tables.reason, pipeline.table) == ("no_answer", reason, None)
    assert (pipeline.detection.anomalies, pipeline.detection.open_high, pipeline.detection.reason) == (
        *(None, None),
        reason,
    )


def test_without_kafka_no_lag_is_made_up_of_old_ends() -> None:
    stages = stages_of(describe(0, 3, 6, kafka_reason="no broker answers"))
    assert (stages["kafka"].health, stages["kafka"].reason) == ("not_ready", "no broker answers")
    assert {stages[name].lag_messages for name in ("kafka", "stream-processor", "tables", "query-api")} == {None}


def test_a_stack_without_a_simulator_has_that_stage_empty() -> None:
    pipeline = describe(0, 3, simulator=None, fleet=None)
    assert (pipeline.stages[0].health, pipeline.stages[0].reason, pipeline.fleet) == ("absent", None, None)


def test_before_the_first_commit_everything_waits_for_the_table() -> None:
    held = seen_after(0).held
    assert isinstance(held, HeldStatus)
    empty = HeldStatus(None, 0, 0, HeldRows(cold=0, recent=0, tail=1500), held.offsets, {})
    pipeline = describe(0, held=empty)
    assert stages_of(pipeline)["tables"].lag_messages == 1500
    assert pipeline.table is not None
    assert pipeline.table.age_s is None


def test_the_tables_figures_are_those_of_the_newest_snapshot() -> None:
    pipelines = Pipelines()
    table = pipelines.describe(seen_after(0), NOW + 1.5).table
    assert table is not None
    assert table.model_dump(exclude={"committed_at"}) == {
        **{"age_s": 1.5, "files": 7, "snapshots": 5},
        **{"rows": 1480, "tail": 20},
    }


@pytest.mark.parametrize(("ahead_s", "age_s"), [(-5, 0.0), (5, 5.0)])
def test_a_clock_that_is_behind_makes_no_negative_age(ahead_s: float, age_s: float) -> None:
    table = Pipelines().describe(seen_after(0), NOW + ahead_s).table
    assert table is not None
    assert table.age_s == age_s


def test_only_what_kafka_acknowledged_counts_in_every_format() -> None:
    text = """# TYPE ingest_readings counter
ingest_readings_total{format="application/json",outcome="accepted"} 16607.0
ingest_readings_total{format="application/x-ndjson",outcome="accepted"} 3.0
ingest_readings_total{format="application/json",outcome="rejected"} 5.0
ingest_readings_created{format="application/json",outcome="accepted"} 1.7e+09
"""
    assert parse_acceptance(text) == Acceptance(16610)
    assert parse_acceptance("") == Acceptance(0)
    with pytest.raises(ValueError, match=r"could not|cannot|float|Invalid"):
        parse_acceptance("<html> {")
