"""What a change of a whole document breaks: a JSON Schema, OpenAPI or AsyncAPI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import yaml

from lint.breaking_changes.schemas import REQUEST, RESPONSE, TOPIC, Comparison, Schema, resolve

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
# The schemas of contracts/ that cross HTTP alone; all others are topics, whose old messages are still to be read.
USES = {
    "submitted-reading": REQUEST,
    "ingest-result": RESPONSE,
    "problem": RESPONSE,
    "live-frame": RESPONSE,
    "stream-request": REQUEST,
    "stream-frame": RESPONSE,
}


def changes(path: str, old: str, new: str | None) -> Iterator[str]:
    """Yield what breaks between two versions of the document at a path; `new` is None when it is gone."""
    if new is None:
        yield "document removed"
        return
    load = yaml.safe_load if path.endswith(".yaml") else json.loads
    before, after = load(old), load(new)
    if "asyncapi" in before:
        yield from _topics(before, after)
    elif "openapi" in before:
        yield from _operations(before, after)
    else:
        use = USES.get(PurePath(path).stem, TOPIC)
        yield from Comparison(before, after, use).changes(before, after, before["title"])


def _topics(old: Schema, new: Schema) -> Iterator[str]:
    for name, channel in old["channels"].items():
        now = new["channels"].get(name)
        if now is None:
            yield f"{name}: topic removed"
            continue
        if now["address"] != channel["address"]:
            yield f"{name}: address changed to {now['address']}"
        if "kafka" not in channel["bindings"]:
            continue
        before, after = channel["bindings"]["kafka"], now["bindings"]["kafka"]
        if after["partitions"] != before["partitions"]:
            yield f"{name}: {after['partitions']} partitions instead of {before['partitions']}"


def _operations(old: Schema, new: Schema) -> Iterator[str]:
    for path, methods in old["paths"].items():
        if path not in new["paths"]:
            yield f"{path}: removed"
            continue
        for method in METHODS:
            if method not in methods:
                continue
            where = f"{method.upper()} {path}"
            if method not in new["paths"][path]:
                yield f"{where}: removed"
                continue
            before, after = methods[method], new["paths"][path][method]
            yield from _parameters(before, after, where, Comparison(old, new, REQUEST))
            yield from _body(before, after, where, Comparison(old, new, REQUEST))
            yield from _answers(before, after, where, Comparison(old, new, RESPONSE))


def _parameters(old: Schema, new: Schema, where: str, comparison: Comparison) -> Iterator[str]:
    before = _by_name(old, comparison.old_document)
    after = _by_name(new, comparison.new_document)
    for (place, name), parameter in before.items():
        now = after.get((place, name))
        if now is None:
            yield f"{where} {place} {name}: removed"
        else:
            yield from comparison.changes(parameter["schema"], now["schema"], f"{where} {place} {name}")
    for (place, name), parameter in after.items():
        if parameter.get("required") and not before.get((place, name), {}).get("required"):
            yield f"{where} {place} {name}: required now"


def _by_name(operation: Schema, document: Schema) -> dict[tuple[str, str], Schema]:
    parameters = [resolve(parameter, document) for parameter in operation.get("parameters", ())]
    return {(parameter["in"], parameter["name"]): parameter for parameter in parameters}


def _body(old: Schema, new: Schema, where: str, comparison: Comparison) -> Iterator[str]:
    before, after = old.get("requestBody"), new.get("requestBody")
    if before is None:
        if after is not None and after.get("required"):
            yield f"{where} body: required now"
        return
    if after is None:
        yield f"{where} body: removed"
        return
    if after.get("required") and not before.get("required"):
        yield f"{where} body: required now"
    yield from _content(before, after, f"{where} body", comparison)


def _answers(old: Schema, new: Schema, where: str, comparison: Comparison) -> Iterator[str]:
    for status, answer in old.get("responses", {}).items():
        now = new.get("responses", {}).get(status)
        if now is not None:
            before, after = resolve(answer, comparison.old_document), resolve(now, comparison.new_document)
            yield from _content(before, after, f"{where} {status}", comparison)
        elif status.startswith("2"):
            yield f"{where} {status}: removed"


def _content(old: Schema, new: Schema, where: str, comparison: Comparison) -> Iterator[str]:
    before: dict[str, Any] = old.get("content", {})
    after: dict[str, Any] = new.get("content", {})
    for media_type, content in before.items():
        if media_type not in after:
            yield f"{where} {media_type}: removed"
        else:
            inner = (content.get("schema", {}), after[media_type].get("schema", {}))
            yield from comparison.changes(*inner, f"{where} {media_type}")
