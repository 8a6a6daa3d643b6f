"""The keys of the stack's own programs: made once, and again where one is no good any more."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from components import internal_keys
from components.internal_keys import CALLERS, ensure_native_keys
from iot_contracts.api_keys import ApiKey
from stack import secrets
from stack.paths import StatePaths


@dataclass
class InMemoryTopic:
    """Has the surface of KeysTopic."""

    keys: dict[str, ApiKey] = field(default_factory=dict)

    def put(self, key: ApiKey) -> None:
        self.keys[key.key_id] = key

    def read(self) -> list[ApiKey]:
        return list(self.keys.values())


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> InMemoryTopic:
    topic = InMemoryTopic()
    monkeypatch.setattr(internal_keys, "KeysTopic", lambda _kafka: topic)
    return topic


@pytest.fixture
def state(tmp_path: Path) -> StatePaths:
    state = StatePaths(tmp_path)
    secrets.ensure(state)
    return state


def test_each_caller_gets_a_key_with_its_scope_that_the_owner_alone_reads(
    topic: InMemoryTopic, state: StatePaths
) -> None:
    assert ensure_native_keys("kafka:9092", state) == list(CALLERS)
    assert {key.name: key.scopes for key in topic.read()} == CALLERS
    for caller in CALLERS:
        file = secrets.api_key_file(state, caller)
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_text().startswith("iot_")


def test_a_second_time_nothing_is_made(topic: InMemoryTopic, state: StatePaths) -> None:
    ensure_native_keys("kafka:9092", state)
    before = dict(topic.keys)
    assert ensure_native_keys("kafka:9092", state) == []
    assert topic.keys == before


@pytest.mark.parametrize("loss", ["revoked", "topic made anew", "file gone", "file empty", "file cut", "other scopes"])
def test_a_key_that_is_no_good_any_more_is_made_again(topic: InMemoryTopic, state: StatePaths, loss: str) -> None:
    ensure_native_keys("kafka:9092", state)
    (key,) = [one for one in topic.read() if one.name == "simulator"]
    file = secrets.api_key_file(state, "simulator")
    before = file.read_text()
    match loss:
        case "revoked":
            topic.put(msgspec.structs.replace(key, revoked_at=datetime.now(UTC)))
        case "topic made anew":
            del topic.keys[key.key_id]
        case "file gone":
            file.unlink()
        case "file cut":
            file.write_text(before[:-1])
        case "file empty":
            file.write_text("")
        case _:
            topic.put(msgspec.structs.replace(key, scopes=("read",)))
    assert ensure_native_keys("kafka:9092", state) == ["simulator"]
    assert file.read_text() != before


def test_containers_find_theirs_in_a_folder_each(topic: InMemoryTopic, tmp_path: Path) -> None:
    for caller in CALLERS:
        (tmp_path / caller).mkdir()
    assert internal_keys.main("kafka:9092", str(tmp_path)) == 0
    assert {(tmp_path / caller / "key").stat().st_mode & 0o777 for caller in CALLERS} == {0o600}
    made = len(topic.keys)
    assert internal_keys.main("kafka:9092", str(tmp_path)) == 0
    assert len(topic.keys) == made == len(CALLERS)


def test_commands_send_the_key_of_the_environment_else_their_own(
    topic: InMemoryTopic, state: StatePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("API_KEY", raising=False)
    assert secrets.authorization(state) == {}
    ensure_native_keys("kafka:9092", state)
    own = secrets.api_key_file(state, "iotctl").read_text()
    assert secrets.authorization(state) == {"Authorization": f"Bearer {own}"}
    monkeypatch.setenv("API_KEY", "iot_other")
    assert secrets.authorization(state) == {"Authorization": "Bearer iot_other"}
