"""Other forms of a published document, which describe the same requests and responses.

Each rewrites a document in place, everywhere or in random places.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final, NamedTuple

from .published_parts import Json, ref

Form = Callable[[Json, Random], None]
FORMS: Final[dict[str, Form]] = {}

METHODS: Final = {"get", "put", "post", "delete", "patch"}
WORDS: Final = ("", "odd", "deviation", "type: string", "$ref", "{}", "Zeichen — ☃", "a | b")


def form(rewrite: Form) -> Form:
    """Add a form to `FORMS`."""
    FORMS[rewrite.__name__] = rewrite
    return rewrite


# The parts of a document ------------------------------------------------------------------------


class Slot(NamedTuple):
    """A place that holds a schema."""

    holder: Any
    key: Any

    @property
    def schema(self) -> Json:
        schema: Json = self.holder[self.key]
        return schema

    def put(self, schema: Json) -> None:
        self.holder[self.key] = schema


def path_items(document: Json) -> list[Json]:
    written = [item for path, item in document["paths"].items() if path.startswith("/")]
    written += document["components"].get("pathItems", {}).values()
    return [item for item in written if "$ref" not in item]


def operations(document: Json) -> list[Json]:
    return [item[method] for item in path_items(document) for method in item if method in METHODS]


def components(document: Json, kind: str) -> Json:
    found: Json = document["components"].setdefault(kind, {})
    return found


def parameters(document: Json) -> list[Json]:
    owners = [*path_items(document), *operations(document)]
    listed = [each for owner in owners for each in owner.get("parameters", [])]
    listed += document["components"].get("parameters", {}).values()
    return [each for each in listed if "$ref" not in each]


def bodies(document: Json) -> list[Json]:
    """Return every request and response that is not a reference."""
    found = [*components(document, "responses").values()]
    found += components(document, "requestBodies").values()
    for operation in operations(document):
        found += [operation["requestBody"]] if "requestBody" in operation else []
        found += [each for name, each in operation["responses"].items() if name[0] != "x"]
    return [each for each in found if "$ref" not in each]


def slots(document: Json) -> list[Slot]:
    """Return every place that holds a schema, the innermost first."""
    contents = [each for body in bodies(document) for each in body.get("content", {}).values()]
    outer = [Slot(holder, "schema") for holder in [*contents, *parameters(document)]]
    named = components(document, "schemas")
    outer += [Slot(named, name) for name in named]
    return [slot for each in outer for slot in _inside(each)]


def _inside(slot: Slot) -> Iterator[Slot]:
    schema = slot.schema
    inner = [Slot(schema["properties"], name) for name in schema.get("properties", {})]
    inner += [
        Slot(schema, keyword)
        for keyword in ("items", "additionalProperties")
        if isinstance(schema.get(keyword), dict)
    ]
    for keyword in ("allOf", "anyOf", "oneOf"):
        inner += [Slot(schema[keyword], number) for number, _ in enumerate(schema.get(keyword, []))]
    for each in inner:
        yield from _inside(each)
    yield slot


def some(dice: Random, things: list[Any]) -> list[Any]:
    return [each for each in things if dice.random() < 0.4]


def everywhere(node: Any, change: Callable[[Any], None]) -> None:
    """Call `change` with every object and list of a document, the innermost first."""
    for inner in list(node.values() if isinstance(node, dict) else node):
        if isinstance(inner, dict | list):
            everywhere(inner, change)
    change(node)


def unused(named: Json, dice: Random) -> str:
    """Return a name that no component has yet."""
    while True:
        name = f"{dice.choice(['Model', 'PublicObject', 'Inline'])}_{dice.randrange(10**6)}"
        if name not in named:
            return name


# Names and order --------------------------------------------------------------------------------


@form
def schemas_have_other_names(document: Json, dice: Random) -> None:
    named = components(document, "schemas")
    endings = ["_1", "~", "/", "~1", "%", " and more", "é", ".v3-2"]
    new = {name: name + dice.choice(endings) for name in named}
    new |= {name: f"{dice.randrange(10**9)}" for name in some(dice, list(named))}
    document["components"]["schemas"] = {new[name]: schema for name, schema in named.items()}
    references = {ref(name)["$ref"]: ref(other) for name, other in new.items()}

    def follow(node: Any) -> None:
        if isinstance(node, dict):
            node.update(references.get(node.get("$ref"), {}))

    everywhere(document, follow)


@form
def keys_have_another_order(document: Json, dice: Random) -> None:
    def shuffle(node: Any) -> None:
        if isinstance(node, dict):
            items = list(node.items())
            dice.shuffle(items)
            node.clear()
            node.update(items)

    everywhere(document, shuffle)


@form
def lists_have_another_order(document: Json, dice: Random) -> None:
    lists = {"enum", "required", "type", "parameters", "oneOf", "anyOf", "allOf", "security"}

    def shuffle(node: Any) -> None:
        if isinstance(node, dict):
            for key in (lists | {"tags", "private_apps"}) & node.keys():
                if isinstance(node[key], list):
                    dice.shuffle(node[key])

    everywhere(document, shuffle)


@form
def path_parameters_have_other_names(document: Json, dice: Random) -> None:
    ending = dice.choice(["_", "Id", "-1", ".x"])
    for parameter in parameters(document):
        if parameter["in"] == "path":
            parameter["name"] += ending
    document["paths"] = {
        re.sub(r"\}", ending + "}", path): item for path, item in document["paths"].items()
    }


@form
def letter_case_is_another(document: Json, dice: Random) -> None:
    change: Callable[[str], str] = dice.choice([str.upper, str.title, str.lower])
    for parameter in parameters(document):
        if "style" in parameter:
            parameter["style"] = change(parameter["style"])
        if parameter["in"] == "header":
            parameter["name"] = change(parameter["name"])


# Text for people -------------------------------------------------------------------------------


@form
def descriptions_are_others(document: Json, dice: Random) -> None:
    owners = [*operations(document), *parameters(document), *bodies(document), document["info"]]
    owners += [slot.schema for slot in slots(document)]
    for owner in owners:
        for key in ("description", "summary", "title", "example"):
            if (there := key in owner) or dice.random() < 0.2:
                owner[key] = dice.choice(WORDS)
            if there and dice.random() < 0.3:
                del owner[key]


@form
def operations_are_called_otherwise(document: Json, dice: Random) -> None:
    for operation in some(dice, operations(document)):
        operation["operationId"] = f"operation{dice.randrange(10**6)}"
    for operation in some(dice, operations(document)):
        operation.pop("operationId", None)
        operation["security"] = [{"oauth2": [dice.choice(WORDS)]}]
        operation["tags"] = [dice.choice(WORDS)]
    document["info"]["version"] = dice.choice(["v3", "v4", "2026-03"])


@form
def extensions_come_and_go(document: Json, dice: Random) -> None:
    owners = [document, document["paths"], document["components"], document["info"]]
    owners += [*path_items(document), *operations(document), *parameters(document)]
    owners += [*bodies(document), *(slot.schema for slot in slots(document))]
    owners += [operation["responses"] for operation in operations(document)]
    for owner in owners:
        for key in [key for key in owner if key.startswith("x-")]:
            del owner[key]
    for owner in some(dice, owners):
        value = dice.choice([*WORDS, None, 1, [1], {"type": "string"}, {"$ref": "nowhere"}])
        owner[f"x-{dice.choice(['hubspot', 'required', 'é'])}"] = copy.deepcopy(value)


# Places ---------------------------------------------------------------------------------------


@form
def references_are_written_out(document: Json, dice: Random) -> None:
    named = {ref(name)["$ref"]: each for name, each in components(document, "schemas").items()}
    for slot in some(dice, slots(document)):
        target = named.get(slot.schema.get("$ref"))
        if target is not None:
            slot.put(copy.deepcopy(target))


@form
def schemas_become_components(document: Json, dice: Random) -> None:
    named = components(document, "schemas")
    for slot in some(dice, slots(document)):
        name = unused(named, dice)
        named[name] = slot.schema
        slot.put(ref(name))


@form
def parameters_are_declared_elsewhere(document: Json, dice: Random) -> None:
    named = components(document, "parameters")
    for item in path_items(document):
        methods = [item[method] for method in item if method in METHODS]
        common = some(dice, methods[0].get("parameters", [])) if len(methods) == 1 else []
        for operation in methods:
            own = [each for each in operation.get("parameters", []) if each not in common]
            operation["parameters"] = own
        item["parameters"] = [*item.get("parameters", []), *common]
        for owner in [item, *methods]:
            for number, parameter in enumerate(owner["parameters"]):
                if "$ref" not in parameter and dice.random() < 0.4:
                    name = unused(named, dice)
                    named[name] = parameter
                    owner["parameters"][number] = {"$ref": f"#/components/parameters/{name}"}


@form
def path_items_are_declared_elsewhere(document: Json, dice: Random) -> None:
    for path in some(dice, [path for path in document["paths"] if path.startswith("/")]):
        named = components(document, "pathItems")
        name = unused(named, dice)
        named[name] = document["paths"][path]
        document["paths"][path] = {"$ref": f"#/components/pathItems/{name}"}


@form
def bodies_are_declared_elsewhere(document: Json, dice: Random) -> None:
    for operation in operations(document):
        answers = operation["responses"]
        places = [(answers, name, "responses") for name in answers if name[0] != "x"]
        places += (
            [(operation, "requestBody", "requestBodies")] if "requestBody" in operation else []
        )
        for holder, key, kind in some(dice, places):
            named = components(document, kind)
            written = holder[key]
            if "$ref" in written:
                holder[key] = copy.deepcopy(named[written["$ref"].rpartition("/")[2]])
            else:
                name = unused(named, dice)
                named[name] = written
                holder[key] = {"$ref": f"#/components/{kind}/{name}"}
