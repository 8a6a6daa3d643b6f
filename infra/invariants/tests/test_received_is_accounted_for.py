"""received = stored + duplicate + rejected + in flight, and every exception is named by its id."""

from invariants.accounts import Account, accounts
from invariants.received_is_accounted_for import ReceivedIsAccountedFor
from invariants.tests.hand_made import World, message, row

check = ReceivedIsAccountedFor().check


def kinds(world: World) -> dict[str, int]:
    return {violation.kind: violation.count for violation in check(world.evidence())}


def test_each_message_is_in_one_account(world: World) -> None:
    assert accounts(world.evidence().ledger) == [
        Account(0, 0, 6, 4, received=6, stored=2, duplicate=1, rejected=1, in_flight=2)
    ]
    assert check(world.evidence()) == []


def test_a_message_that_is_in_no_row_is_lost(world: World) -> None:
    del world.stored[1]
    [lost, total] = check(world.evidence())
    assert (lost.kind, lost.count) == ("lost", 1)
    assert lost.examples == ("SENSOR_001 00000000-0000-0000-0000-00000000000b (partition 0, offset 1)",)
    assert (total.kind, total.count) == ("sum", 1)


def test_another_sensors_reading_of_the_same_id_is_no_excuse(world: World) -> None:
    world.received[2] = message(2, 10, sensor="SENSOR_002")
    assert kinds(world) == {"lost": 1, "sum": 1}


def test_a_repetition_whose_reading_is_stored_in_another_partition_is_a_duplicate(world: World) -> None:
    world.stored[0] = ("SENSOR_001", row(0, 10)[1], 1, 0)
    assert kinds(world) == {}


def test_a_refused_message_needs_a_dead_letter(world: World) -> None:
    world.dead_letters.clear()
    assert kinds(world) == {"no dead letter": 1}


def test_a_dead_letter_of_a_valid_reading_is_named(world: World) -> None:
    del world.stored[1]
    world.dead_letters.append((0, 1))
    assert kinds(world) == {"wrongly rejected": 1}


def test_a_row_whose_message_is_another_is_altered(world: World) -> None:
    world.stored.append(row(3, 99))
    assert kinds(world) == {"altered": 1, "sum": 1}


def test_a_message_stored_twice_breaks_the_sum(world: World) -> None:
    world.stored.append(row(1, 11))
    assert kinds(world) == {"sum": 1}


def test_a_message_in_flight_for_more_than_a_minute_is_late(world: World) -> None:
    world.received[4] = message(4, 14, age_ms=60_001)
    [late] = check(world.evidence())
    assert (late.kind, late.count) == ("late", 1)
    assert late.examples == ("SENSOR_001 00000000-0000-0000-0000-00000000000e (partition 0, offset 4)",)


def test_messages_that_kafka_deleted_before_they_were_stored_are_lost(world: World) -> None:
    world.bounds = [(0, 6, 6, 6, 4, 6)]
    world.received = []
    [lost] = check(world.evidence())
    assert (lost.kind, lost.count) == ("lost", 2)


def test_messages_that_kafka_deleted_after_they_were_stored_are_outside_of_the_audit(world: World) -> None:
    world.bounds = [(0, 1, 1, 6, 4, 6)]
    del world.received[0]
    assert kinds(world) == {}


def test_a_topic_that_ends_below_the_snapshots_offsets_is_another_topic(world: World) -> None:
    world.bounds = [(0, 0, 0, 0, 4, 0)]
    world.received = []
    assert kinds(world) == {"another topic": 1}


def test_what_came_before_the_range_is_not_judged_but_known(world: World) -> None:
    world.bounds = [(0, 0, 2, 6, 4, 6)]
    del world.received[:2]
    assert kinds(world) == {}


def test_what_lies_below_the_log_s_beginning_is_not_compared(world: World) -> None:
    """Messages that Kafka deleted while they were read, or rows of an earlier topic and the fillers in its place."""
    world.received[0], world.dead_letters[:1] = message(0, None), [(0, 3)]
    world.stored[1] = row(1, 99)
    assert kinds(world) != {}
    evidence = world.evidence()
    assert evidence.ledger.begin_at({0: 3, 1: 7}) == [0]
    assert check(evidence) == []
    assert evidence.ledger.begin_at({0: 2}) == []
    assert [(one.first, one.last) for one in accounts(evidence.ledger)] == [(3, 6)]
