"""What a change of a JSON Schema breaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


@dataclass(frozen=True)
class Use:
    """Who depends on a schema: those whose data we accept, those who read what we send, or both (a topic)."""

    accepted: bool
    sent: bool


REQUEST, RESPONSE, TOPIC = Use(True, False), Use(False, True), Use(True, True)


@dataclass(frozen=True)
class Comparison:
    """Compares the schemas of two documents; a `$ref` is looked up in the document that holds it."""

    old_document: Schema
    new_document: Schema
    use: Use

    def changes(
        self, old: Schema, new: Schema, where: str, seen: frozenset[tuple[str, str]] = frozenset()
    ) -> Iterator[str]:
        """Yield what breaks between two versions of a schema, each change with its place."""
        references = (str(old.get("$ref")), str(new.get("$ref")))
        if "$ref" in old and references in seen:
            return
        seen |= {references}
        before, after = alternatives(old, self.old_document), alternatives(new, self.new_document)
        yield from self._types(set(before), set(after), where)
        for name in sorted(set(before) & set(after)):
            inner = where + (name.removeprefix("object") if _is_tagged(name) else "")
            yield from self._values(before[name], after[name], inner)
            if self.use.accepted:
                yield from _narrower(before[name], after[name], inner)
            yield from self._fields(before[name], after[name], inner, seen)
            yield from self._items(before[name], after[name], inner, seen)

    def _types(self, before: set[str], after: set[str], where: str) -> Iterator[str]:
        lost = {name for name in before if not _has(after, name)} if self.use.accepted else set()
        # One more kind of object beside others is skipped by readers who do not know it, as a field is.
        unknown = {
            name for name in after if not _has(before, name) and not (_is_tagged(name) and any(map(_is_tagged, before)))
        }
        if lost or (unknown and self.use.sent):
            yield f"{where}: type changed from {' or '.join(sorted(before))} to {' or '.join(sorted(after))}"

    def _values(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        before, after = _values_of(old), _values_of(new)
        if before is None and after is not None and self.use.accepted:
            yield f"{where}: only {', '.join(after)} accepted now"
        if before is not None and after is not None:
            yield from (f"{where}: value {value} removed" for value in before if value not in after)
        if self.use.sent and old.get("format", new.get("format")) != new.get("format"):
            yield f"{where}: format changed from {old['format']} to {new.get('format')}"

    def _fields(self, old: Schema, new: Schema, where: str, seen: frozenset[tuple[str, str]]) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        required_before, required = set(old.get("required", ())), set(new.get("required", ()))
        for name in before:
            if name not in after:
                yield f"{where}.{name}: removed"
                continue
            if self.use.sent and name in required_before - required:
                yield f"{where}.{name}: may be absent now"
            yield from self.changes(before[name], after[name], f"{where}.{name}", seen)
        if self.use.accepted:
            yield from (f"{where}.{name}: required now" for name in after if name in required - required_before)
        others_before, others = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if self.use.accepted and others is False and others_before is not False:
            yield f"{where}: other fields are refused now"
        if isinstance(others_before, Mapping) and isinstance(others, Mapping):
            yield from self.changes(others_before, others, f"{where}.*", seen)

    def _items(self, old: Schema, new: Schema, where: str, seen: frozenset[tuple[str, str]]) -> Iterator[str]:
        before, after = old.get("prefixItems", ()), new.get("prefixItems", ())
        if len(before) != len(after):
            yield f"{where}: {len(after)} items instead of {len(before)}"
        for index, (first, second) in enumerate(zip(before, after, strict=False)):
            yield from self.changes(first, second, f"{where}[{index}]", seen)
        if isinstance(old.get("items"), Mapping) and isinstance(new.get("items"), Mapping):
            yield from self.changes(old["items"], new["items"], f"{where}[]", seen)


def resolve(schema: Schema, document: Schema) -> Schema:
    """Return what a `$ref` names, or the schema itself."""
    while "$ref" in schema:
        target: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    return schema


def alternatives(schema: Schema, document: Schema) -> dict[str, Schema]:
    """Return the types that a schema allows, by name; of several objects, each with the values that tell it apart."""
    found = list(_alternatives(schema, document))
    counts = Counter(name for name, _ in found)
    return {name + (_tag(one) if counts[name] > 1 else ""): one for name, one in found}


def _alternatives(schema: Schema, document: Schema) -> Iterator[tuple[str, Schema]]:
    schema = resolve(schema, document)
    several = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    for one in several:
        yield from _alternatives(one, document)
    if not several:
        types = schema.get("type", "any")
        yield from ((name, schema) for name in ([types] if isinstance(types, str) else types))


def _tag(schema: Schema) -> str:
    tags = {name: _values_of(field) for name, field in schema.get("properties", {}).items()}
    fixed = [f"{name}={values[0]}" for name, values in sorted(tags.items()) if values and len(values) == 1]
    return f"({', '.join(fixed)})" if fixed else ""


def _values_of(schema: Schema) -> list[str] | None:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return None if values is None else [str(value) for value in values]


def _is_tagged(name: str) -> bool:
    return name.endswith(")")


def _has(types: set[str], name: str) -> bool:
    return name in types or "any" in types or (name == "integer" and "number" in types)


def _narrower(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for bound in LOWER_BOUNDS:
        if bound in new and (bound not in old or new[bound] > old[bound]):
            yield f"{where}: {bound} is {new[bound]} now"
    for bound in UPPER_BOUNDS:
        if bound in new and (bound not in old or new[bound] < old[bound]):
            yield f"{where}: {bound} is {new[bound]} now"
    for name in ("format", "pattern"):
        if name in new and new[name] != old.get(name):
            yield f"{where}: {name} is {new[name]} now"
