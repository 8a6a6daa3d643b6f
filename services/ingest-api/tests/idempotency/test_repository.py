"""On a real file; the clock and who lives are the test's."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest_api.idempotency.keys import Identity
from ingest_api.idempotency.repository import Repository
from ingest_api.idempotency.states import Answer, Bounds, Claim, Different, Running

BOUNDS = Bounds(max_age_s=100, max_keys=16, max_answer_bytes=1000, lease_s=10)
ANSWER = Answer(202, "application/json", b'{"accepted": 1}')


@dataclass
class World:
    """A file, the time, and the worker processes that live."""

    path: Path
    now: float = 1000.0
    living: set[str] = field(default_factory=lambda: {"a", "b"})
    opened: list[Repository] = field(default_factory=list)

    def worker(self, name: str) -> Repository:
        repository = Repository(self.path, BOUNDS, name, lambda other: other in self.living, lambda: self.now).open()
        self.opened.append(repository)
        return repository


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "requests.sqlite")
    yield world
    for repository in world.opened:
        repository.close()


def request(key: int = 1, body: bytes = b"body") -> Identity:
    return Identity(b"%d" % key, body)


def claim(repository: Repository, identity: Identity) -> Claim:
    found = repository.claim(identity)
    assert isinstance(found, Claim)
    return found


def test_one_worker_works_and_the_other_one_knows_the_answer(world: World) -> None:
    a, b = world.worker("a"), world.worker("b")
    mine = claim(a, request())
    assert b.claim(request()) == Running()
    a.complete(mine, ANSWER)
    assert b.claim(request()) == a.claim(request()) == ANSWER


def test_another_body_is_another_request_while_the_first_runs_and_after(world: World) -> None:
    a = world.worker("a")
    mine = claim(a, request())
    assert a.claim(request(body=b"another")) == Different()
    a.complete(mine, ANSWER)
    assert a.claim(request(body=b"another")) == Different()


def test_a_released_request_may_come_again_and_even_be_another_one(world: World) -> None:
    a = world.worker("a")
    a.release(claim(a, request()))
    assert not claim(a, request(body=b"another")).took_over


def test_what_a_dead_worker_began_is_taken_over_at_once(world: World) -> None:
    a, b = world.worker("a"), world.worker("b")
    claim(a, request())
    world.living.remove("a")
    assert claim(b, request()).took_over


def test_what_a_hanging_worker_began_is_taken_over_after_the_lease_and_its_late_answer_ignored(world: World) -> None:
    a, b = world.worker("a"), world.worker("b")
    late = claim(a, request())
    world.now += 9.9
    assert b.claim(request()) == Running()
    world.now += 0.2
    taken_over = claim(b, request())
    a.complete(late, Answer(503, None, b"late"))
    a.release(late)
    assert b.claim(request()) == Running()
    b.complete(taken_over, ANSWER)
    a.complete(late, Answer(503, None, b"late"))
    assert a.claim(request()) == ANSWER


def test_an_answer_outlives_its_worker_and_the_service(world: World) -> None:
    a = world.worker("a")
    a.complete(claim(a, request()), ANSWER)
    world.living.clear()
    assert world.worker("c").claim(request()) == ANSWER


def test_an_answer_is_forgotten_when_it_is_too_old(world: World) -> None:
    a = world.worker("a")
    a.complete(claim(a, request()), ANSWER)
    world.now += 99
    assert a.claim(request()) == ANSWER
    world.now += 1
    assert not claim(a, request()).took_over


@pytest.mark.parametrize("size", [1, 100])
def test_the_oldest_are_forgotten_when_there_are_too_many_or_too_large_ones(world: World, size: int) -> None:
    a = world.worker("a")
    for key in range(100):
        a.complete(claim(a, request(key)), Answer(202, None, b"x" * size))
    kept = [key for key in range(100) if isinstance(a.claim(request(key)), Answer)]
    fits = min(BOUNDS.max_keys, BOUNDS.max_answer_bytes // size)
    assert kept == list(range(100 - len(kept), 100))
    assert fits - 2 <= len(kept) <= fits + fits // 8 + 1


def test_a_damaged_file_is_not_left_open(tmp_path: Path) -> None:
    path = tmp_path / "requests.sqlite"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        World(path).worker("a")
    assert path not in [descriptor.readlink() for descriptor in Path("/proc/self/fd").iterdir() if descriptor.exists()]
