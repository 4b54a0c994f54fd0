"""Compare two schemas by what they allow on the wire; `operations` says what a difference means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from comparison.differences import Found, Meaning, Place, found, optionality
from comparison.documents import Node
from comparison.wire import ANY, UNION, Schema, alternatives, is_never, view

# Of each pair, the second allows all that the first does, and more.
WIDER: Final = {("integer", "number"), ("int32", "int64"), ("float", "double")}


def compare_schemas(old: Node, new: Node, place: Place, *, request: bool) -> Iterator[Found]:
    """Give what differs between two schemas, in a request or else in a response.

    Raises DocumentError if one of them refers to nothing.
    """
    yield from _Comparison(request, ours=old.document.as_published).nodes(old, new, place)


@dataclass(frozen=True)
class _Comparison:
    request: bool
    ours: bool
    """Whether the first one is our own: then it may state limits that HubSpot does not publish."""
    around: frozenset[tuple[object, object]] = frozenset()
    """The pairs of schemas that the one at hand is inside of: to meet one again is a circle."""

    @property
    def narrower(self) -> Meaning:
        """What it means that less is allowed."""
        return Meaning.BREAKING if self.request else Meaning.ADDITION

    def nodes(self, old: Node, new: Node, place: Place) -> Iterator[Found]:
        """Compare two places."""
        yield from self.closest(alternatives(old), new, place)

    def closest(self, ways: list[Node], new: Node, place: Place) -> Iterator[Found]:
        """Compare a place with that of several ways to publish it which differs least."""
        each = [list(self.levels(view(way), view(new), place)) for way in ways]
        yield from min(each, key=len)

    def levels(self, old: Schema, new: Schema, place: Place) -> Iterator[Found]:
        pair = (old.source, new.source)
        if pair in self.around:
            return
        within = replace(self, around=self.around | {pair})
        if old.nullable != new.nullable:
            meaning = Meaning.LOOSENING if new.nullable else self.narrower
            yield _found(old, place, meaning, "null", _allowance(old), _allowance(new))
        if UNION in {old.type, new.type}:
            yield from within.variants(old, new, place)
        elif old.type != new.type:
            meaning = self.change(old.type, new.type)
            yield _found(old, place, meaning, "type", old.words, new.words)
        else:
            yield from within.limits(old, new, place)
            yield from within.insides(old, new, place)

    def change(self, old: str | None, new: str | None) -> Meaning:
        """Say what another type or format means; where none is stated, any is allowed."""
        if new in {ANY, None} or (old, new) in WIDER:
            return Meaning.LOOSENING
        return self.narrower if old in {ANY, None} or (new, old) in WIDER else Meaning.BREAKING

    # What limits a value --------------------------------------------------------------------

    def limits(self, old: Schema, new: Schema, place: Place) -> Iterator[Found]:
        if old.format != new.format:
            meaning = self.change(old.format, new.format)
            yield _found(old, place, meaning, "format", old.format, new.format)
        if old.max_items != new.max_items and not (self.ours and new.max_items is None):
            meaning = Meaning.LOOSENING if _more(old.max_items, new.max_items) else self.narrower
            yield _found(old, place, meaning, "maxItems", old.max_items, new.max_items)
        if old.closed != new.closed:
            meaning = self.narrower if new.closed else Meaning.LOOSENING
            yield _found(old, place, meaning, "enum", _openness(old), _openness(new))
        if old.enum is not None and new.enum is not None:
            for value in sorted(old.enum - new.enum):
                yield _found(old, place, Meaning.BREAKING, "enum value", value, None)
            for value in sorted(new.enum - old.enum):
                yield _found(old, place, Meaning.ADDITION, "enum value", None, value)

    # What is inside of it -------------------------------------------------------------------

    def insides(self, old: Schema, new: Schema, place: Place) -> Iterator[Found]:
        yield from self.inner(old.items, new.items, place.inside("[*]"))
        yield from self.inner(old.values, new.values, place.inside(".*"))
        for name in dict.fromkeys([*old.properties, *new.properties]):
            step = f".{name}" if name.isidentifier() else f"[{json.dumps(name)}]"
            yield from self.member(old, new, name, place.inside(step))

    def inner(self, old: Node | None, new: Node | None, place: Place) -> Iterator[Found]:
        """Compare what all items, or all values of a map, are."""
        stated = old or new
        if stated is not None:
            anything = replace(stated, raw={}, declared=frozenset())
            yield from self.nodes(old or anything, new or anything, place)

    def member(self, old: Schema, new: Schema, name: str, place: Place) -> Iterator[Found]:
        ways = alternatives(old.properties[name]) if name in old.properties else []
        there = [way for way in ways if not is_never(way)]
        now = new.properties.get(name)
        required = name in new.required
        if now is None or is_never(now):
            if there == ways and ways:
                was = view(ways[0])
                yield _found(was, place, Meaning.BREAKING, "property", was.words, None)
        elif not there:
            meaning = Meaning.BREAKING if required and self.request else Meaning.ADDITION
            words = f"{view(now).words}, {optionality(required)}"
            source = (old.source[0], f"{old.source[1]}/properties/{name}")
            yield found(source, meaning, place, "property", None, words, outdated=bool(ways))
        else:
            if required != (name in old.required):
                meaning = self.narrower if required else Meaning.LOOSENING
                source = old.properties[name].source
                outdated = "required" in old.declared
                both = (optionality(not required), optionality(required))
                yield found(source, meaning, place, "required", *both, outdated=outdated)
            yield from self.closest(there, now, place)

    # Choices --------------------------------------------------------------------------------

    def variants(self, old: Schema, new: Schema, place: Place) -> Iterator[Found]:
        """Compare two choices, of which one may have a single variant."""
        gone, come = _choices(old), _choices(new)
        for one, other in self.pairs(gone, come, place):
            gone.remove(one)
            come.remove(other)
            tag = _tag(one)
            inside = place.chosen(*tag) if tag else place
            yield from self.levels(one, other, inside)
        if gone or come:
            swapped = Meaning.BREAKING if gone and come else None
            meaning = swapped or (self.narrower if gone else Meaning.LOOSENING)
            yield _found(old, place, meaning, "type", _choice(old), _choice(new))

    def pairs(
        self, olds: list[Schema], news: list[Schema], place: Place
    ) -> list[tuple[Schema, Schema]]:
        """Find for each variant the one of the other side that differs least."""
        closest = sorted(
            (len(list(self.levels(one, other, place))), i, j)
            for i, one in enumerate(olds)
            for j, other in enumerate(news)
            if one.type == other.type and _tag(one) == _tag(other)
        )
        paired: dict[int, int] = {}
        for _, i, j in closest:
            if i not in paired and j not in paired.values():
                paired[i] = j
        return [(olds[i], news[j]) for i, j in sorted(paired.items())]


def _choices(schema: Schema) -> list[Schema]:
    return [view(variant) for variant in schema.variants] or [schema]


def _choice(schema: Schema) -> str:
    """Put a choice in words."""
    tags = [(each, _tag(each)) for each in _choices(schema)]
    words = [f"{each.words} with {tag[0]} {tag[1]}" if tag else each.words for each, tag in tags]
    return " or ".join(dict.fromkeys(words))


def _tag(schema: Schema) -> tuple[str, str] | None:
    """Give the property, and its value, that tells an object from the others of a choice."""
    for name in sorted(schema.properties):
        enum = view(schema.properties[name]).enum
        if enum is not None and len(enum) == 1:
            return name, min(enum)
    return None


# Words ----------------------------------------------------------------------------------------


def _found(
    old: Schema, place: Place, meaning: Meaning, what: str, was: object, now: object
) -> Found:
    """Give a difference in what a schema says itself."""
    outdated = not old.declared.isdisjoint({"*", what})
    return found(old.source, meaning, place, what, was, now, outdated=outdated)


def _allowance(schema: Schema) -> str:
    return "allowed" if schema.nullable else "not allowed"


def _openness(schema: Schema) -> str:
    known = ", ".join(sorted(schema.enum or ()))
    return f"only {known}" if schema.closed else "any value"


def _more(old: int | None, new: int | None) -> bool:
    return new is None or (old is not None and new > old)
