"""Compare two schemas by the values that they allow; `operations` explains the meanings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from comparison.differences import Difference, Meaning, Place, deprecation, found, optionality
from comparison.documents import Node
from comparison.wire import (
    ANY,
    LEAST,
    MOST,
    UNION,
    Schema,
    alternatives,
    is_never,
    view,
    views,
)

# In each pair, the second allows everything that the first does, and more.
WIDER: Final = {("integer", "number"), ("int32", "int64"), ("float", "double")}


def compare_schemas(old: Node, new: Node, place: Place, *, request: bool) -> Iterator[Difference]:
    """Return the differences between two schemas, in a request or else in a response.

    Raises DocumentError if one is not a schema, or a reference has no target.
    """
    yield from _Walk(request, ours=old.document.ours).closest([old], new, place)


@dataclass(frozen=True)
class _Walk:
    """Compares two schemas level by level."""

    request: bool
    ours: bool
    """Whether the first schema is ours, which may state limits that HubSpot does not publish."""
    around: frozenset[tuple[str, str]] = frozenset()
    """The pairs of schemas around the current one, to detect recursion."""

    @property
    def narrower(self) -> Meaning:
        """The meaning of a narrower schema, or of something new that is required."""
        return Meaning.BREAKING if self.request else Meaning.ADDITION

    def closest(self, ways: list[Node], new: Node, place: Place) -> Iterator[Difference]:
        """Compare a place with the published variant that differs least."""
        schemas = [schema for way in ways for schema in views(way)]
        yield from min((list(self.levels(each, view(new), place)) for each in schemas), key=len)

    def levels(self, old: Schema, new: Schema, place: Place) -> Iterator[Difference]:
        """Compare one level of two schemas, and everything inside."""
        pair = (old.source, new.source)
        if pair in self.around:
            return
        within = _Walk(self.request, self.ours, self.around | {pair})
        if old.nullable != new.nullable:
            meaning = Meaning.LOOSENING if new.nullable else self.narrower
            yield _found(old, meaning, place, "null", _allowance(old), _allowance(new))
        yield from deprecation(old.source, old.deprecated, new.deprecated, place, ours=self.ours)
        if UNION in {old.type, new.type}:
            yield from within.variants(old, new, place)
            if old.type == new.type:
                yield from within.insides(old, new, place)
        elif old.type != new.type:
            meaning = self.change(old.type, new.type)
            yield _found(old, meaning, place, "type", old.words, new.words)
        else:
            yield from within.limits(old, new, place)
            yield from within.insides(old, new, place)

    def change(self, old: str | None, new: str | None) -> Meaning:
        """Return the meaning of another type or format; if none is stated, any is allowed."""
        if new in {ANY, None} or (old, new) in WIDER:
            return Meaning.LOOSENING
        return self.narrower if old in {ANY, None} or (new, old) in WIDER else Meaning.BREAKING

    # Limits of a value ----------------------------------------------------------------------

    def limits(self, old: Schema, new: Schema, place: Place) -> Iterator[Difference]:
        """Compare the keywords that limit a value."""
        if old.format != new.format:
            meaning = self.change(old.format, new.format)
            yield _found(old, meaning, place, "format", old.format, new.format)
        for name in sorted({*old.limits, *new.limits}):
            was, now = old.limits.get(name), new.limits.get(name)
            if was != now and not (self.ours and now is None):
                meaning = self.limit(name, was, now)
                yield _found(old, meaning, place, name, was, now)
        if old.closed != new.closed:
            meaning = self.narrower if new.closed else Meaning.LOOSENING
            yield _found(old, meaning, place, "enum", _openness(old), _openness(new))
        if old.enum is not None and new.enum is not None:
            for value in sorted(old.enum - new.enum):
                yield _found(old, Meaning.BREAKING, place, "enum value", value, None)
            for value in sorted(new.enum - old.enum):
                yield _found(old, Meaning.ADDITION, place, "enum value", None, value)

    def limit(self, name: str, old: Any, new: Any) -> Meaning:
        """Return the meaning of another limit."""
        if old is None or new is None:
            return Meaning.LOOSENING if new is None else self.narrower
        if name not in {*LEAST, *MOST}:
            return Meaning.BREAKING
        return Meaning.LOOSENING if (new < old) == (name in LEAST) else self.narrower

    # Content --------------------------------------------------------------------------------

    def insides(self, old: Schema, new: Schema, place: Place) -> Iterator[Difference]:
        """Compare the content of an array or object."""
        yield from self.inner(old.items, new.items, place.inside("[*]"))
        yield from self.inner(old.values, new.values, place.inside(".*"))
        for name in dict.fromkeys([*old.properties, *new.properties]):
            step = f".{name}" if name.isidentifier() else f"[{json.dumps(name)}]"
            yield from self.member(old, new, name, place.inside(step))

    def inner(self, old: Node | None, new: Node | None, place: Place) -> Iterator[Difference]:
        """Compare the items of an array, or the values of a map."""
        stated = old or new
        if stated is not None:
            anything = replace(stated, raw={})
            yield from self.closest([old or anything], new or anything, place)

    def member(self, old: Schema, new: Schema, name: str, place: Place) -> Iterator[Difference]:
        """Compare a property."""
        ours = old.properties.get(name)
        ways = alternatives(ours) if ours is not None else []
        there = [way for way in ways if not is_never(way)]
        now = new.properties.get(name)
        was_required, is_required = name in old.required, name in new.required
        source = ours.pointer if ours is not None else f"{old.source}/properties"
        # A deviation declares `required` as a whole: each added or removed name contradicts it.
        listed = was_required != is_required and "required" in old.declared
        if now is None or is_never(now):
            if there:
                words = f"{view(there[0]).words}, {optionality(was_required)}"
                declared = listed or "*" in view(there[0]).declared
                yield found(
                    *(source, Meaning.BREAKING, place, "property", words, None),
                    declared=declared,
                    tolerated=len(there) < len(ways),
                )
        elif not there:
            words = f"{view(now).words}, {optionality(is_required)}"
            meaning = self.narrower if is_required else Meaning.ADDITION
            yield found(source, meaning, place, "property", None, words, name=name, declared=listed)
        else:
            if is_required != was_required:
                meaning = self.narrower if is_required else Meaning.LOOSENING
                both = (optionality(was_required), optionality(is_required))
                yield found(source, meaning, place, "required", *both, declared=listed)
            yield from self.closest(there, now, place)

    # Choices --------------------------------------------------------------------------------

    def variants(self, old: Schema, new: Schema, place: Place) -> Iterator[Difference]:
        """Compare two choices, of which one may have a single variant."""
        gone, come = _choices(old), _choices(new)
        for one, other in self.pairs(gone, come, place):
            gone.remove(one)
            come.remove(other)
            yield from self.levels(one, other, place.chosen(_tag(one)))
        if gone or come:
            if gone and come:
                meaning = self.change(old.type, new.type)
            else:
                meaning = self.narrower if gone else Meaning.LOOSENING
            yield _found(old, meaning, place, "type", _choice(old), _choice(new))

    def pairs(
        self, olds: list[Schema], news: list[Schema], place: Place
    ) -> list[tuple[Schema, Schema]]:
        """Find for each variant the most similar one on the other side."""
        closest = sorted(
            (_tag(one) != _tag(other), len(list(self.levels(one, other, place))), i, j)
            for i, one in enumerate(olds)
            for j, other in enumerate(news)
            if _may_be_one(one, other)
        )
        paired: dict[int, int] = {}
        for *_, i, j in closest:
            if i not in paired and j not in paired.values():
                paired[i] = j
        return [(olds[i], news[j]) for i, j in sorted(paired.items())]


def _choices(schema: Schema) -> list[Schema]:
    # Whether null is allowed is a property of the whole choice.
    each = [view(variant) for variant in schema.variants] or [schema]
    return [replace(one, nullable=False) for one in each]


def _may_be_one(one: Schema, other: Schema) -> bool:
    """Return whether two variants may correspond; not if their tags share no value."""
    tag, other_tag = _tag(one), _tag(other)
    if tag is None or other_tag is None:
        return one.type == other.type
    return tag[0] == other_tag[0] and not tag[1].isdisjoint(other_tag[1])


def _tag(schema: Schema) -> tuple[str, frozenset[str]] | None:
    """Return the property, and its values, that identify an object of a choice."""
    tag: tuple[str, frozenset[str]] | None = None
    for name in sorted(schema.required & schema.properties.keys()):
        each = view(schema.properties[name])
        if each.closed and each.enum and (tag is None or len(each.enum) < len(tag[1])):
            tag = name, each.enum
    return tag


def _found(
    old: Schema, meaning: Meaning, place: Place, what: str, was: object, now: object
) -> Difference:
    """Make a difference of the schema itself."""
    declared = not old.declared.isdisjoint({"*", what.removesuffix(" value")})
    return found(old.source, meaning, place, what, was, now, declared=declared)


# Words ----------------------------------------------------------------------------------------


def _choice(schema: Schema) -> str:
    """Describe a choice."""
    return " or ".join(sorted({_variant(each) for each in _choices(schema)}))


def _variant(schema: Schema) -> str:
    tag = _tag(schema)
    if tag is not None:
        return f"{schema.words} with {tag[0]} {', '.join(sorted(tag[1]))}"
    names = ", ".join(sorted(schema.properties))
    return f"{schema.words} with {names}" if names else schema.words


def _openness(schema: Schema) -> str:
    known = ", ".join(sorted(schema.enum or ()))
    return f"only {known}" if schema.closed else "any value"


def _allowance(schema: Schema) -> str:
    return "allowed" if schema.nullable else "not allowed"
