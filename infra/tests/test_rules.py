"""How rules are written and shown by command."""

import json
from typing import Any

import pytest

from iotctl import rules
from stack.errors import IotctlError

RULE = {"rule_id": "warm", "name": "Too warm", "severity": "high", "parameters": {"kind": "threshold", "above": 8}}
STORED = {"rule": RULE | {"version": 3}, "updated_at": "2026-03-01T12:00:00Z"}


class QueryApi:
    """Answers as query-api does where there is one rule, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def ask(self, path: str, body: bytes | None = None, content_type: str = "", method: str = "GET") -> bytes:
        self.asked.append((method, path))
        return json.dumps({"rules": [STORED]} if body is None else {"rule": json.loads(body) | {"version": 4}}).encode()


@pytest.fixture
def query_api(monkeypatch: pytest.MonkeyPatch) -> QueryApi:
    """Stand in for query-api."""
    stand_in = QueryApi()
    monkeypatch.setattr(rules, "ask", stand_in.ask)
    return stand_in


@pytest.mark.parametrize(("rule_id", "change"), [("warm", ("PUT", "/v1/rules/warm")), ("new", ("POST", "/v1/rules"))])
def test_a_known_rule_is_replaced_and_another_one_made(
    query_api: QueryApi, tmp_path: Any, rule_id: str, change: tuple[str, str]
) -> None:
    file = tmp_path / "rule.json"
    file.write_text(json.dumps(RULE | {"rule_id": rule_id}))
    rules.put(str(file))
    assert query_api.asked == [("GET", "/v1/rules"), change]


def test_what_list_prints_is_read_without_what_is_counted() -> None:
    assert rules.read_rules(json.dumps([STORED["rule"], RULE]).encode()) == [RULE, RULE]


@pytest.mark.parametrize("text", [b"", b"{", b"7", b"{}", b'[{"rule_id": 7}]'])
def test_what_is_no_rule_is_refused(text: bytes) -> None:
    with pytest.raises(IotctlError, match="not a rule"):
        rules.read_rules(text)


def test_a_rule_is_shown_with_defaults_where_it_says_nothing() -> None:
    (row,) = zip(*(column.cells for column in rules.table_of([RULE | {"version": 3}]).columns), strict=True)
    assert row[:3] + row[4:] == ("warm", "3", "high", "all", "0 s", "yes")
