"""Compare two descriptions of an operation by its requests and responses.

Each difference is classified by what it means for users of the first one, usually our spec:

    breaking   requests may be refused, or values are gone or of another type
    loosening  less is guaranteed: values may be absent or null, or have a wider type
    addition   more is published: something new, or a stronger guarantee
    form only  nothing changes: HubSpot now publishes the same as our spec, so the deviation that
               the spec declares there can be removed

    difference                          in a request          in a response
    something optional appears          addition              addition
    something required appears          breaking              addition
    something disappears                breaking              breaking
    becomes required, or narrower       breaking              addition
    becomes optional, or wider          loosening             loosening
    a value of an enum appears          addition              addition
    a value of an enum disappears       breaking              breaking
    changes its type                    breaking              breaking
    becomes deprecated                  loosening             loosening
    is no longer deprecated             addition              addition

Another path, method or server host is breaking. A newer version is an addition, and its line lists
its other differences.

Other differences in form are ignored: names and places of schemas and of parameters in the path,
order, descriptions, examples, security, letter case of `style`, explicit defaults, `*/*` as a
media type, and different ways to say the same (`oneOf` or `anyOf`, `const` or an `enum` of one,
`nullable` or a type null, a reference or its target).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatch

from comparison.differences import (
    REQUIRED,
    Difference,
    Meaning,
    Place,
    deprecation,
    found,
    optionality,
)
from comparison.documents import DocumentError, Node, Operation, reading
from comparison.schemas import compare_schemas
from comparison.wire import alternatives, is_never, view


def compare(old: Operation, new: Operation, name: str) -> Iterator[Difference]:
    """Return the differences between two descriptions of an operation, called `name` in places.

    Raises DocumentError if documents contradict each other, they are not valid OpenAPI, or a
    reference has no target.
    """
    if conflict := old.conflict or new.conflict:
        raise DocumentError(conflict)
    names = " or ".join(dict.fromkeys(each.node.document.name for each in (old, new)))
    with reading(f"{new.path} of {names}"):
        yield from _compare(old, new, name)


def _compare(old: Operation, new: Operation, name: str) -> Iterator[Difference]:
    source = old.node.pointer
    if old.method != new.method:
        methods = (each.method.upper() for each in (old, new))
        yield found(source, Meaning.BREAKING, Place(name), "method", *methods)
    if old.wire_path != new.wire_path:
        yield found(source, Meaning.BREAKING, Place(name), "path", old.path, new.path)
    if old.host and new.host and old.host != new.host:
        yield found("/servers", Meaning.BREAKING, Place(name), "server", old.host, new.host)
    yield from _deprecation(old.node, new.node, Place(name))
    yield from _parameters(old, new, name)
    yield from _request(old.node, new.node, Place(name, "request"))
    yield from _responses(old.node, new.node, name)


def _deprecation(old: Node, new: Node, place: Place) -> Iterator[Difference]:
    was, now = (bool(each.child("deprecated").raw) for each in (old, new))
    yield from deprecation(old.pointer, was, now, place, ours=old.document.ours)


# Parameters -----------------------------------------------------------------------------------


def _parameters(old: Operation, new: Operation, name: str) -> Iterator[Difference]:
    olds, news = _by_wire(old), _by_wire(new)
    for key in dict.fromkeys([*olds, *news]):
        one, other = olds.get(key), news.get(key)
        place = Place(name, " ".join(key))
        yield from _presence(one, other, place, "parameter", f"{old.node.pointer}/parameters")
        if one is not None and other is not None:
            yield from _parameter(one, other, place)


def _presence(
    old: Node | None, new: Node | None, place: Place, what: str, source: str
) -> Iterator[Difference]:
    """Compare whether a parameter or body may be sent, or has to; `source` is where it may be."""
    was, now = (None if each is None else _optionality(each) for each in (old, new))
    if old is None:
        meaning = Meaning.BREAKING if now == REQUIRED else Meaning.ADDITION
        yield found(source, meaning, place, what, was, now, name=place.part)
    elif new is None:
        yield found(old.pointer, Meaning.BREAKING, place, what, was, now)
    elif was != now:
        meaning = Meaning.BREAKING if now == REQUIRED else Meaning.LOOSENING
        yield found(old.pointer, meaning, place, "required", was, now)


def _optionality(node: Node) -> str:
    return optionality(bool(node.child("required").raw))


def _by_wire(operation: Operation) -> dict[tuple[str, str], Node]:
    """Return the parameters by their key: place and name, or position in the path."""
    positions = re.findall(r"\{([^}]*)\}", operation.path)
    by_wire = {}
    for parameter in operation.parameters:
        node = alternatives(parameter)[0]
        where, name = node.text("in"), node.text("name")
        if where == "path" and name in positions:
            name = f"parameter {positions.index(name) + 1}"
        by_wire[where, name.lower() if where == "header" else name] = node
    return by_wire


def _parameter(old: Node, new: Node, place: Place) -> Iterator[Difference]:
    yield from _deprecation(old, new, place)
    schemas = (old.child("schema"), new.child("schema"))
    # Style and explode do not matter for a single value.
    if {view(schema).type for schema in schemas} & {"array", "object"}:
        for keyword, stated in (("style", _style), ("explode", _explode)):
            was, now = stated(old), stated(new)
            if was != now:
                declared = keyword in old.declared
                meaning = Meaning.BREAKING
                yield found(old.pointer, meaning, place, keyword, was, now, declared=declared)
    yield from compare_schemas(*schemas, place, request=True)


def _style(parameter: Node) -> str:
    default = "form" if parameter.raw["in"] in {"query", "cookie"} else "simple"
    return str(parameter.child("style").raw or default).lower()


def _explode(parameter: Node) -> bool:
    return bool(parameter.raw.get("explode", _style(parameter) == "form"))


# Bodies ---------------------------------------------------------------------------------------


def _request(old: Node, new: Node, place: Place) -> Iterator[Difference]:
    bodies = (each.child("requestBody") for each in (old, new))
    one, other = (None if body.raw is None else body.resolved() for body in bodies)
    if one is not None or other is not None:
        yield from _presence(one, other, place, "body", old.pointer)
    if one is not None and other is not None:
        yield from _content(one, other, place, request=True)


def _responses(old: Node, new: Node, name: str) -> Iterator[Difference]:
    olds, news = _by_status(old), _by_status(new)
    tolerated: list[Difference] = []
    for status in dict.fromkeys([*olds, *news]):
        place = Place(name, f"response {status}")
        for each in _response(olds.get(status, []), news.get(status), place, old):
            if each.tolerated:
                tolerated.append(each)
            else:
                yield each
    compared = {f"response {status}" for status in olds.keys() & news.keys() if status[0] == "2"}
    yield from _beyond_tolerance(tolerated, compared, _may_be_absent(olds))


def _beyond_tolerance(
    tolerated: list[Difference], compared: set[str], may_be_absent: set[str]
) -> list[Difference]:
    """Return the parts that our spec declares may be absent, if all compared responses lack them.

    If all of it is absent and a response is gone, the gone response is returned instead.
    """
    parts: dict[str, set[str]] = defaultdict(set)
    for each in tolerated:
        if each.source in may_be_absent:
            parts[each.source].add(each.place.part)
    nowhere = {source for source in parts if parts[source] >= compared}
    gone = [each for each in tolerated if each.what == "response"]
    if gone and nowhere == may_be_absent:
        return gone
    return [each for each in tolerated if each.source in nowhere]


def _may_be_absent(responses: dict[str, list[Node]]) -> set[str]:
    """Return the properties of successes that our spec declares may be absent, by their sources."""
    return {
        each.pointer
        for status, (response, *_) in responses.items()
        if status[0] == "2"
        for _, content in response.resolved().child("content").children()
        for each in view(content.child("schema")).properties.values()
        if any(map(is_never, alternatives(each)))
    }


def _response(
    ways: list[Node], published: list[Node] | None, place: Place, operation: Node
) -> Iterator[Difference]:
    there = [way for way in ways if not is_never(way)]
    if published is None:
        tolerated = len(there) < len(ways)
        for way in there[:1]:
            words = ("response", "present", None)
            yield found(way.pointer, Meaning.BREAKING, place, *words, tolerated=tolerated)
    elif not there:
        source = f"{operation.pointer}/responses"
        yield found(source, Meaning.ADDITION, place, "response", None, "present")
    else:
        yield from _content(there[0].resolved(), published[0].resolved(), place, request=False)


def _by_status(operation: Node) -> dict[str, list[Node]]:
    """Return the ways in which the response of each status may be published."""
    own = dict(operation.child("responses").children())
    by_status: dict[str, list[Node]] = {}
    for way in alternatives(operation):
        for status, response in {**own, **dict(way.child("responses").children())}.items():
            if not status.startswith("x-"):
                by_status.setdefault(status.lower(), []).append(response)
    return by_status


def _content(old: Node, new: Node, place: Place, *, request: bool) -> Iterator[Difference]:
    """Compare two bodies, media type by media type."""
    olds, news = (dict(each.child("content").children()) for each in (old, new))
    for name, one in olds.items():
        match = _match(name, news)
        if match is None:
            yield found(one.pointer, Meaning.BREAKING, place, "media type", name, None)
        else:
            schema, other = one.child("schema"), news[match].child("schema")
            yield from compare_schemas(schema, other, place.inside("$"), request=request)
    for name in news:
        if _match(name, olds) is None:
            source = f"{old.pointer}/content"
            yield found(source, Meaning.ADDITION, place, "media type", None, name)


def _match(name: str, others: dict[str, Node]) -> str | None:
    """Return the same media type, or else one that includes it or that it includes."""
    bare = name.partition(";")[0].strip().lower()
    candidates = {other: other.partition(";")[0].strip().lower() for other in others}
    matches = [
        other for other, each in candidates.items() if fnmatch(bare, each) or fnmatch(each, bare)
    ]
    return min(matches, key=lambda other: candidates[other] != bare, default=None)
