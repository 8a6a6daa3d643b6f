"""What the addresses of rules take and answer: the contract's Rule."""

from datetime import datetime
from typing import Any, Final

import msgspec

from iot_contracts.rules import Rule
from query_api.database.json_bodies import json_content


def _fields(kind: type[msgspec.Struct], without: tuple[str, ...]) -> list[Any]:
    """Fields of a struct as `defstruct` takes them."""
    return [
        (one.name, one.type) if one.required else (one.name, one.type, _default(one))
        for one in msgspec.structs.fields(kind)
        if one.name not in without
    ]


def _default(one: msgspec.structs.FieldInfo) -> Any:
    return (
        one.default if one.default_factory is msgspec.NODEFAULT else msgspec.field(default_factory=one.default_factory)
    )


RuleBody: Any = msgspec.defstruct(
    "RuleBody",
    _fields(Rule, without=("version", "deleted")),
    kw_only=True,
    frozen=True,
    forbid_unknown_fields=True,
    namespace={"__doc__": "A rule as people write it; its version is counted here."},
)


class StoredRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule and when it became what it is."""

    rule: Rule
    updated_at: datetime


class RulesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All rules, by their id."""

    rules: list[StoredRule]


RULE_BODY: Final = {"requestBody": {"required": True, "content": json_content(RuleBody)}}
RULE_ANSWER: Final[dict[str, Any]] = {"description": "The rule", "content": json_content(StoredRule)}
RULES_ANSWER: Final[dict[str, Any]] = {"description": "The rules", "content": json_content(RulesAnswer)}
