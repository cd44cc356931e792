"""Would a change of a message's schema break somebody who reads the message?

Readers ignore members that they do not know, so more may be told, and told more narrowly. What was promised stays:
each member, its type, the words that it may have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
AT_LEAST = ("minimum", "minLength", "minItems")
AT_MOST = ("maximum", "maxLength", "maxItems")


def breaks(before: Schema, after: Schema) -> list[str]:
    """One sentence for each break, with the path of the member; empty when every reader goes on reading."""
    return list(_breaks("message", _Side(before, before), _Side(after, after)))


class _Side:
    """A schema within the document that its references point into."""

    def __init__(self, schema: Schema, document: Schema) -> None:
        while "$ref" in schema:
            schema = {
                **document["$defs"][schema["$ref"].rpartition("/")[2]],
                **{k: v for k, v in schema.items() if k != "$ref"},
            }
        self.schema, self.document = schema, document

    def within(self, schema: Schema) -> _Side:
        return _Side(schema, self.document)

    @property
    def types(self) -> dict[str, _Side]:
        """The side by each type that it allows; a union is taken apart."""
        if "anyOf" in self.schema:
            return {name: side for one in self.schema["anyOf"] for name, side in self.within(one).types.items()}
        if words := self.words:
            return {_type_of(word): self for word in words}
        named = self.schema.get("type", "anything")
        return dict.fromkeys([named] if isinstance(named, str) else named, self)

    @property
    def words(self) -> tuple[Any, ...]:
        return (self.schema["const"],) if "const" in self.schema else tuple(self.schema.get("enum", ()))


def _type_of(word: object) -> str:
    return {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}[type(word)]


def _breaks(place: str, before: _Side, after: _Side) -> Iterator[str]:
    old, new = before.types, after.types
    if old.keys() != new.keys():
        yield f"{place} was {_either(old)} and is {_either(new)}"
    for name in old.keys() & new.keys():
        yield from _same_type(place, old[name], new[name])


def _same_type(place: str, before: _Side, after: _Side) -> Iterator[str]:
    if set(before.words) != set(after.words):
        yield f"{place} was one of {_either(before.words) or 'any'} and is one of {_either(after.words) or 'any'}"
    yield from _limits(place, before.schema, after.schema)
    yield from _members(place, before, after)
    for inner, name in (("items", "[]"), ("additionalProperties", ".*"), ("propertyNames", " names")):
        if isinstance(before.schema.get(inner), Mapping):
            yield from _breaks(
                f"{place}{name}", before.within(before.schema[inner]), after.within(after.schema.get(inner) or {})
            )


def _limits(place: str, before: Schema, after: Schema) -> Iterator[str]:
    for name in (*AT_LEAST, *AT_MOST):
        if name in before and name not in after:
            yield f"{place} lost its {name}"
        elif name in before and (after[name] < before[name] if name in AT_LEAST else after[name] > before[name]):
            yield f"{place} had {name} {before[name]} and has {after[name]}"
    for name in ("pattern", "format"):
        if name in before and before[name] != after.get(name):
            yield f"{place} had another {name}"


def _members(place: str, before: _Side, after: _Side) -> Iterator[str]:
    old, new = before.schema.get("properties", {}), after.schema.get("properties", {})
    for name in old:
        if name not in new:
            yield f"{place}.{name} is gone"
        else:
            yield from _breaks(f"{place}.{name}", before.within(old[name]), after.within(new[name]))
    for name in before.schema.get("required", ()):
        if name in new and name not in after.schema.get("required", ()):
            yield f"{place}.{name} may be missing"


def _either(words: Any) -> str:
    return " or ".join(sorted(str(word) for word in words))
