"""Compare two descriptions of an operation, as far as it goes over the wire.

What a difference means is said to whoever follows the first one ("ours"):

    breaking   what is sent may be refused, or what is read is gone or of another kind
    loosening  less is promised: absent where it was required, null, a wider type
    addition   more is published: something new, or a closer promise

    difference                          in a request          in a response
    something optional appears          addition              addition
    something required appears          breaking              addition
    something goes                      breaking              breaking
    becomes required, or narrower       breaking              addition
    becomes optional, or wider          loosening             loosening
    a value of an enum appears          addition              addition
    a value of an enum goes             breaking              breaking
    becomes of another type             breaking              breaking

What differs in form only is no difference: names and places of schemas and of parameters in the
path, order, descriptions, examples, security, letter case of `style`, defaults that are written
out, `*/*` as a media type, and different ways to say the same (`oneOf` or `anyOf`, `const` or an
`enum` of one, `nullable` or a type null, a reference or what it refers to).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch

from comparison.differences import Found, Meaning, Place, found, optionality
from comparison.documents import Node, Operation
from comparison.schemas import compare_schemas
from comparison.wire import alternatives, is_never, view


def compare(old: Operation, new: Operation, name: str) -> Iterator[Found]:
    """Give what differs between two descriptions of an operation, called `name` in the places.

    Raises DocumentError if one of them refers to nothing.
    """
    if old.method != new.method:
        methods = (each.method.upper() for each in (old, new))
        yield found(old.node.source, Meaning.BREAKING, Place(name), "method", *methods)
    if wire_path(old.path) != wire_path(new.path):
        paths = (old.path, new.path)
        yield found(old.node.source, Meaning.BREAKING, Place(name), "path", *paths)
    yield from _parameters(old, new, name)
    yield from _request(old.node, new.node, Place(name, "request"))
    yield from _responses(old.node, new.node, name)


def wire_path(path: str) -> str:
    """Give a path without the names of its parameters, which are not sent."""
    return re.sub(r"\{[^}]*\}", "{}", path)


# Parameters -----------------------------------------------------------------------------------


def _parameters(old: Operation, new: Operation, name: str) -> Iterator[Found]:
    olds, news = _by_wire(old), _by_wire(new)
    for key in dict.fromkeys([*olds, *news]):
        one, other = olds.get(key), news.get(key)
        place = Place(name, " ".join(key))
        if one is None and other is not None:
            required = _required(other)
            meaning = Meaning.BREAKING if required else Meaning.ADDITION
            source = old.node.child(place.part).source
            yield found(source, meaning, place, "parameter", None, optionality(required))
        elif one is not None and other is None:
            words = optionality(_required(one))
            yield found(one.source, Meaning.BREAKING, place, "parameter", words, None)
        elif one is not None and other is not None:
            yield from _parameter(one, other, place)


def _by_wire(operation: Operation) -> dict[tuple[str, str], Node]:
    """Give the parameters by what tells them apart: place and name, or position in the path."""
    positions = re.findall(r"\{([^}]*)\}", operation.path)
    by_wire = {}
    for parameter in operation.parameters:
        node = alternatives(parameter)[0]
        where, name = node.raw["in"], node.raw["name"]
        if where == "path" and name in positions:
            name = f"parameter {positions.index(name) + 1}"
        by_wire[where, name.lower() if where == "header" else name] = node
    return by_wire


def _parameter(old: Node, new: Node, place: Place) -> Iterator[Found]:
    one, other = view(old.child("schema")), view(new.child("schema"))
    if _required(old) != _required(new):
        meaning = Meaning.BREAKING if _required(new) else Meaning.LOOSENING
        both = (optionality(_required(each)) for each in (old, new))
        yield found(old.source, meaning, place, "required", *both)
    # How one value is written does not depend on them.
    if {one.type, other.type} & {"array", "object"}:
        for keyword, stated in (("style", _style), ("explode", _explode)):
            was, now = stated(old), stated(new)
            if was != now:
                outdated = keyword in old.declared
                yield found(
                    old.source, Meaning.BREAKING, place, keyword, was, now, outdated=outdated
                )
    yield from compare_schemas(old.child("schema"), new.child("schema"), place, request=True)


def _required(parameter: Node) -> bool:
    return bool(parameter.raw.get("required"))


def _style(parameter: Node) -> str:
    default = "form" if parameter.raw["in"] in {"query", "cookie"} else "simple"
    return str(parameter.raw.get("style", default)).lower()


def _explode(parameter: Node) -> bool:
    return bool(parameter.raw.get("explode", _style(parameter) == "form"))


# Bodies ---------------------------------------------------------------------------------------


def _request(old: Node, new: Node, place: Place) -> Iterator[Found]:
    one, other = (each.child("requestBody").resolved() for each in (old, new))
    if one.raw and other.raw and _required(one) != _required(other):
        meaning = Meaning.BREAKING if _required(other) else Meaning.LOOSENING
        both = (optionality(_required(each)) for each in (one, other))
        yield found(one.source, meaning, place, "required", *both)
    yield from _body(one, other, place, request=True)


def _responses(old: Node, new: Node, name: str) -> Iterator[Found]:
    olds, news = _by_status(old), _by_status(new)
    for status in dict.fromkeys([*olds, *news]):
        place = Place(name, f"response {status}")
        ways = olds.get(status, [])
        there = [way for way in ways if not is_never(way)]
        now = news.get(status)
        if now is None:
            if there and there == ways:
                yield found(there[0].source, Meaning.BREAKING, place, "response", "present", None)
        elif not there:
            source = old.child("responses").child(status).source
            outdated = bool(ways)
            yield found(
                source, Meaning.ADDITION, place, "response", None, "present", outdated=outdated
            )
        else:
            yield from _body(there[0].resolved(), now[0].resolved(), place, request=False)


def _by_status(operation: Node) -> dict[str, list[Node]]:
    """Give the ways in which the response of each status may be published."""
    own = dict(operation.child("responses").children())
    by_status: dict[str, list[Node]] = {}
    for way in alternatives(operation):
        declared = way.child("responses").children() if way.declared else []
        for status, response in {**own, **dict(declared)}.items():
            by_status.setdefault(status.lower(), []).append(response)
    return by_status


def _body(old: Node, new: Node, place: Place, *, request: bool) -> Iterator[Found]:
    """Compare what two bodies may be, media type by media type."""
    olds, news = (each.child("content").children() for each in (old, new))
    left = dict(news)
    for name, one in olds:
        match = next((other for other in left if _same_media_type(name, other)), None)
        if match is None:
            yield found(one.source, Meaning.BREAKING, place, "media type", name, None)
        else:
            schema, other = (each.child("schema") for each in (one, left.pop(match)))
            yield from compare_schemas(schema, other, place.inside("$"), request=request)
    for name in left:
        source = old.child("content").child(name).source
        yield found(source, Meaning.ADDITION, place, "media type", None, name)


def _same_media_type(one: str, other: str) -> bool:
    one, other = (name.partition(";")[0].strip().lower() for name in (one, other))
    return fnmatch(one, other) or fnmatch(other, one)
