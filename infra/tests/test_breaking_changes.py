"""A change that breaks who uses a topic or an HTTP interface is named; one that adds something is not."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lint.breaking_changes.__main__ import accepted, main
from lint.breaking_changes.base import NoBaseError, base_commit
from lint.breaking_changes.documents import changes
from lint.breaking_changes.schemas import REQUEST, RESPONSE, TOPIC, Comparison, Use

Change = Callable[[dict[str, Any], dict[str, Any]], object]

READING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"enum": ["a", "b"], "type": "string"},
        "value": {"type": "number", "minimum": 0, "maximum": 10},
        "note": {"anyOf": [{"type": "string", "maxLength": 8}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"$ref": "#/$defs/Tag"}},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "from": {"$ref": "#/$defs/Tag"},
    },
    "required": ["id", "value"],
    "$defs": {"Tag": {"type": "object", "properties": {"name": {"type": "string"}, "in": {"$ref": "#/$defs/Tag"}}}},
}


def broken(change: Change, use: Use) -> list[str]:
    new = copy.deepcopy(READING)
    change(new, new["properties"])
    return list(Comparison(READING, new, use).changes(READING, new, "reading"))


@pytest.mark.parametrize(
    ("change", "use", "named"),
    [
        (lambda new, fields: fields.pop("note"), REQUEST, "reading.note: removed"),
        (lambda new, fields: fields.pop("note"), RESPONSE, "reading.note: removed"),
        (lambda new, fields: new["required"].append("note"), REQUEST, "reading.note: required now"),
        (lambda new, fields: new["required"].remove("value"), RESPONSE, "reading.value: may be absent now"),
        (lambda new, fields: new.update(additionalProperties=False), REQUEST, "reading: other fields are refused now"),
        (lambda new, fields: fields["kind"]["enum"].remove("b"), REQUEST, "reading.kind: value b removed"),
        (lambda new, fields: fields["kind"]["enum"].remove("b"), RESPONSE, "reading.kind: value b removed"),
        (lambda new, fields: fields["id"].update(enum=["x"]), REQUEST, "reading.id: only x accepted now"),
        (lambda new, fields: fields["id"].update(format="date"), REQUEST, "reading.id: format is date now"),
        (lambda new, fields: fields["id"].pop("format"), RESPONSE, "reading.id: format changed from uuid to None"),
        (lambda new, fields: fields["kind"].update(pattern="^a"), REQUEST, "reading.kind: pattern is ^a now"),
        (lambda new, fields: fields["value"].update(minimum=1), REQUEST, "reading.value: minimum is 1 now"),
        (lambda new, fields: fields["value"].update(maximum=9), TOPIC, "reading.value: maximum is 9 now"),
        (
            lambda new, fields: fields["note"]["anyOf"][0].update(maxLength=7),
            REQUEST,
            "reading.note: maxLength is 7 now",
        ),
        (
            lambda new, fields: fields["note"]["anyOf"].pop(),
            REQUEST,
            "reading.note: type changed from null or string to string",
        ),
        (
            lambda new, fields: fields["value"].update(type="integer"),
            REQUEST,
            "reading.value: type changed from number to integer",
        ),
        (
            lambda new, fields: fields["id"].update(type="integer"),
            RESPONSE,
            "reading.id: type changed from string to integer",
        ),
        (
            lambda new, fields: new["$defs"]["Tag"]["properties"]["name"].update(type="integer"),
            TOPIC,
            "reading.tags[].name: type changed from string to integer",
        ),
        (
            lambda new, fields: fields["counts"]["additionalProperties"].update(type="string"),
            RESPONSE,
            "reading.counts.*: type changed from integer to string",
        ),
    ],
)
def test_what_breaks_is_named_with_its_place(change: Change, use: Use, named: str) -> None:
    assert named in broken(change, use)


@pytest.mark.parametrize(
    ("change", "use"),
    [
        (lambda new, fields: fields.update(more={"type": "string"}), TOPIC),
        (lambda new, fields: fields["kind"]["enum"].append("c"), TOPIC),
        (lambda new, fields: fields["kind"].update(description="Other words."), TOPIC),
        (lambda new, fields: fields["value"].update(minimum=-1), REQUEST),
        (lambda new, fields: fields["value"].update(minimum=1), RESPONSE),
        (lambda new, fields: fields["value"].update(type="integer"), RESPONSE),
        (lambda new, fields: fields["note"]["anyOf"].append({"type": "number"}), REQUEST),
        (lambda new, fields: fields["note"]["anyOf"].pop(), RESPONSE),
        (lambda new, fields: new["required"].append("note"), RESPONSE),
        (lambda new, fields: new["required"].remove("value"), REQUEST),
    ],
)
def test_what_is_added_or_allowed_breaks_nothing(change: Change, use: Use) -> None:
    assert broken(change, use) == []


def frame(kind: str, **fields: str) -> dict[str, Any]:
    properties = {
        "type": {"const": kind, "type": "string"},
        **{name: {"type": value} for name, value in fields.items()},
    }
    return {"type": "object", "properties": properties}


def test_of_several_kinds_of_object_each_is_compared_with_its_like() -> None:
    old = {"anyOf": [frame("gap", seconds="number"), frame("reading", value="number")]}
    new = {"anyOf": [frame("reading", value="string"), frame("gap", seconds="number"), frame("alert")]}
    assert list(Comparison(old, new, RESPONSE).changes(old, new, "frame")) == [
        "frame(type=reading).value: type changed from number to string"
    ]


def operation(**more: Any) -> dict[str, Any]:
    answer = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"responses": {"200": answer, "503": answer}, **more}


def parameter(name: str, required: bool, kind: str = "string") -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": {"type": kind}}


BODY = {"content": {"application/json": {"schema": {"type": "string"}}}, "required": False}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ({"/a": {"get": operation()}}, {}, ["/a: removed"]),
        ({"/a": {"get": operation()}}, {"/a": {"post": operation()}}, ["GET /a: removed"]),
        ({"/a": {"get": operation()}}, {"/a": {"get": {"responses": {}}}}, ["GET /a 200: removed"]),
        (
            {"/a": {"get": operation(parameters=[parameter("n", False), parameter("m", False)])}},
            {"/a": {"get": operation(parameters=[parameter("n", True, "integer")])}},
            [
                "GET /a query n: type changed from string to integer",
                "GET /a query m: removed",
                "GET /a query n: required now",
            ],
        ),
        (
            {"/a": {"post": operation(requestBody=BODY)}},
            {"/a": {"post": operation(requestBody={"content": {"text/csv": {}}, "required": True})}},
            ["POST /a body: required now", "POST /a body application/json: removed"],
        ),
        ({"/a": {"post": operation(requestBody=BODY)}}, {"/a": {"post": operation()}}, ["POST /a body: removed"]),
        ({"/a": {"get": operation()}}, {"/a": {"get": operation()}, "/b": {}}, []),
    ],
)
def test_operations(old: dict[str, Any], new: dict[str, Any], named: list[str]) -> None:
    before, after = ({"openapi": "3.1.0", "paths": paths} for paths in (old, new))
    assert list(changes("openapi.json", json.dumps(before), json.dumps(after))) == named


def test_topics() -> None:
    def document(**partitions: int) -> str:
        channels = {name: {"address": name, "bindings": {"kafka": {"partitions": n}}} for name, n in partitions.items()}
        return yaml.safe_dump({"asyncapi": "3.0.0", "channels": channels})

    named = changes("asyncapi.yaml", document(a=1, b=3), document(b=4, c=1))
    assert list(named) == ["a: topic removed", "b: 4 partitions instead of 3"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits: the first has a schema with the field `old`, in the second it is gone."""
    folder = tmp_path / "contracts" / "schemas"
    folder.mkdir(parents=True)
    git(tmp_path, "init", "--initial-branch=main")
    for field in ("old", "new"):
        schema = {"title": "topic", "type": "object", "properties": {field: {"type": "string"}}}
        (folder / "topic.json").write_text(json.dumps(schema))
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-m", field)
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_a_breaking_change_fails_until_it_is_accepted_with_a_reason(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = repository / "accepted.toml"
    path.write_text("")
    change = "contracts/schemas/topic.json: topic.old: removed"
    assert main(repository, path, "") == 1
    assert f"breaking: {change}" in capsys.readouterr().out
    path.write_text(f'[[accepted]]\nchange = "{change}"\nreason = "Nobody reads it."\n')
    assert main(repository, path, "") == 0
    assert f"accepted: {change} (Nobody reads it.)" in capsys.readouterr().out
    path.write_text(f'[[accepted]]\nchange = "{change}"\n')
    with pytest.raises(SystemExit, match="no reason given"):
        accepted(path)


def test_on_main_the_base_is_the_commit_before_and_on_a_branch_where_it_left_main(repository: Path) -> None:
    first, second = git(repository, "rev-parse", "HEAD~1"), git(repository, "rev-parse", "HEAD")
    assert base_commit(repository) == first
    assert base_commit(repository, second[:10]) == second
    git(repository, "checkout", "-b", "branch")
    git(repository, "commit", "--allow-empty", "-m", "more")
    assert base_commit(repository) == second


def test_a_shallow_clone_says_that_it_cannot_compare(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "--depth=1", repository.as_uri(), ".")
    with pytest.raises(NoBaseError, match="shallow clone"):
        base_commit(clone)
    assert main(clone, clone / "accepted.toml", "") == 0
    assert "not compared: " in capsys.readouterr().out
