"""Rules: versions follow each other, and each change is a message of the outbox."""

import msgspec
import pytest
import sqlalchemy as sa

from iot_contracts.rules import DEFAULT_RULES, Rule
from query_api.database.connection import Database
from query_api.database.json_bodies import decode_body
from query_api.database.models import OutboxMessage
from query_api.errors import ConflictError, NotFoundError
from query_api.rules.schemas import RuleBody
from query_api.rules.service import RulesService
from service_kit.problems import InvalidRequestError

WARM = b'{"rule_id": "warm", "name": "Warm", "severity": "high", "parameters": {"kind": "threshold", "above": 30}}'


@pytest.fixture
def woken() -> list[None]:
    return []


@pytest.fixture
def service(database: Database, woken: list[None]) -> RulesService:
    return RulesService(database, lambda: woken.append(None))


async def published(database: Database) -> list[tuple[str, int, bool]]:
    """Key, version and whether it is deleted, of each message that waits."""
    async with database.transaction() as session:
        messages = await session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id))
        rules = [msgspec.json.decode(one.value or b"", type=Rule) for one in messages]
    return [(rule.rule_id, rule.version, rule.deleted) for rule in rules]


async def test_a_rule_is_made_changed_and_deleted_with_a_message_each(
    service: RulesService, database: Database, woken: list[None]
) -> None:
    body = decode_body(WARM, RuleBody)
    await service.create(body)
    changed = decode_body(WARM.replace(b"30", b"35"), RuleBody)
    assert (await service.replace("warm", changed)).rule.version == 2
    assert (await service.replace("warm", changed)).rule.version == 2, "the same again is no change"
    await service.delete("warm")
    assert await published(database) == [("warm", 1, False), ("warm", 2, False), ("warm", 3, True)]
    assert (await service.list_rules()).rules == []
    assert [one.rule.version for one in (await service.versions("warm")).rules] == [3, 2, 1]
    with pytest.raises(NotFoundError, match="no rule warm"):
        await service.get_rule("warm")
    assert (await service.create(body)).rule.version == 4
    assert len(woken) >= 4


async def test_a_rule_that_is_there_is_not_made_again(service: RulesService) -> None:
    await service.create(decode_body(WARM, RuleBody))
    with pytest.raises(ConflictError, match="PUT /v1/rules/warm"):
        await service.create(decode_body(WARM, RuleBody))


async def test_the_default_rules_are_written_once(service: RulesService, database: Database) -> None:
    await service.seed()
    await service.delete("missing")
    await service.seed()
    assert len(await published(database)) == len(DEFAULT_RULES) + 1
    assert "missing" not in {one.rule.rule_id for one in (await service.list_rules()).rules}


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[",
        WARM.replace(b'"Warm"', b'"a\\u0000b"'),
        WARM.replace(b"30", b"NaN"),
        WARM.replace(b'"name"', b'"version": 7, "name"'),
        WARM.replace(b"threshold", b"weather"),
    ],
)
def test_what_is_no_rule_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="body"):
        decode_body(body, RuleBody)
