"""Other spellings of schemas that mean the same; `published_forms` does this to documents."""

from __future__ import annotations

import copy
from random import Random
from typing import Any, Final

from .published_forms import (
    FORMS,
    bodies,
    components,
    form,
    operations,
    parameters,
    slots,
    some,
)
from .published_parts import Json

MEDIA_TYPES: Final = (
    "*/*",
    "application/*",
    "application/json",
    "Application/JSON",
    "application/json;charset=utf-8",
    "application/json; charset=UTF-8",
)


@form
def media_types_are_others(document: Json, dice: Random) -> None:
    for body in bodies(document):
        if len(content := body.get("content", {})) == 1:
            body["content"] = {dice.choice(MEDIA_TYPES): each for each in content.values()}


@form
def schemas_are_wrapped(document: Json, dice: Random) -> None:
    for slot in some(dice, slots(document)):
        wrapped: Json = {dice.choice(["allOf", "anyOf", "oneOf"]): [slot.schema]}
        slot.put({**wrapped, **dice.choice([{}, {}, {"description": "wrapped"}])})


@form
def properties_are_divided(document: Json, dice: Random) -> None:
    for slot in some(dice, slots(document)):
        properties = slot.schema.get("properties")
        if properties and slot.schema.get("type") == "object":
            first = some(dice, list(properties))
            own = {name: properties[name] for name in properties if name not in first}
            part = {"type": "object", "properties": {name: properties[name] for name in first}}
            rest = {**slot.schema, "properties": own}
            both = [part, rest]
            dice.shuffle(both)
            beside = {**rest, "allOf": [*rest.get("allOf", []), part]}
            slot.put(dice.choice([{"allOf": both}, beside]))


@form
def choices_say_what_they_are_of(document: Json, dice: Random) -> None:
    for slot in slots(document):
        for keyword in ("oneOf", "anyOf"):
            if keyword in slot.schema and _are_objects(document, slot.schema[keyword]):
                slot.schema["type"] = "object"
                slot.schema["discriminator"] = {"propertyName": dice.choice(["type", "kind"])}


def _are_objects(document: Json, variants: list[Json]) -> bool:
    named = components(document, "schemas")
    written = [named.get(each.get("$ref", "/").rpartition("/")[2], each) for each in variants]
    return all(each.get("type") == "object" and not each.get("nullable") for each in written)


@form
def choices_are_made_the_other_way(document: Json, dice: Random) -> None:
    for slot in some(dice, slots(document)):
        if "oneOf" in slot.schema and "anyOf" not in slot.schema:
            slot.schema["anyOf"] = slot.schema.pop("oneOf")


@form
def constants_are_enums_of_one(document: Json, dice: Random) -> None:
    for slot in some(dice, slots(document)):
        schema = slot.schema
        if "const" in schema:
            schema["enum"] = [schema.pop("const")]
        elif len(schema.get("enum", [])) == 1:
            schema["const"] = schema.pop("enum")[0]
            if dice.random() < 0.5 and isinstance(schema["const"], str):
                schema.pop("type", None)


@form
def defaults_are_written_out(document: Json, dice: Random) -> None:
    for parameter in parameters(document):
        query = parameter["in"] == "query"
        style = str(parameter.get("style", "form" if query else "simple"))
        usual: Json = {"style": style, "explode": style.lower() == "form"}
        usual |= {"required": False, "deprecated": False, "allowReserved": False}
        _write_out(dice, parameter, usual)
    for slot in slots(document):
        schema = slot.schema
        usual = {"nullable": False, "deprecated": False, "readOnly": False, "writeOnly": False}
        if schema.get("type") == "object" and not schema.keys() & {"allOf", "anyOf", "oneOf"}:
            usual |= {"minProperties": 0, "properties": {}, "required": []}
            usual |= {"additionalProperties": dice.choice([True, {}])}
        if schema.get("type") == "array":
            usual |= {"minItems": 0, "uniqueItems": False}
        _write_out(dice, schema, usual)
    for operation in operations(document):
        _write_out(dice, operation, {"parameters": [], "deprecated": False})


def _write_out(dice: Random, where: Json, usual: Json) -> None:
    """Add some of the defaults that are not written, and remove some that are."""
    for key in some(dice, list(usual)):
        if key not in where:
            where[key] = copy.deepcopy(usual[key])
        elif where[key] == usual[key]:
            del where[key]


@form
def the_version_is_three_one(document: Json, dice: Random) -> None:
    document["openapi"] = "3.1.0"
    for slot in slots(document):
        schema = slot.schema
        null = schema.pop("nullable", False)
        if isinstance(kind := schema.get("type"), str):
            if null:
                schema["type"] = [kind, "null"]
                null = False
                if "enum" in schema and None not in schema["enum"]:
                    schema["enum"].append(None)
            elif dice.random() < 0.2:
                schema["type"] = [kind]
        if null:
            slot.put({"anyOf": [schema, {"type": "null"}]})


@form
def types_are_choices(document: Json, dice: Random) -> None:
    for slot in some(dice, slots(document)):
        kinds: Any = slot.schema.get("type")
        if isinstance(kinds, list) and not slot.schema.keys() & {"enum", "const"}:
            rest = {key: value for key, value in slot.schema.items() if key != "type"}
            slot.put({"anyOf": [{**copy.deepcopy(rest), "type": kind} for kind in kinds]})


@form
def servers_have_a_part_of_the_path(document: Json, dice: Random) -> None:
    paths: Json = document["paths"]
    others = [{"url": "https://api.example.com/other"}]
    server = document["servers"][0]
    first = {path.split("/")[1] for path in paths if path.startswith("/")}
    if len(first) == 1 and dice.random() < 0.7:
        (prefix,) = first
        server["url"] = f"{server['url'].rstrip('/')}/{prefix}"
        document["paths"] = {
            path.removeprefix(f"/{prefix}") if path[0] == "/" else path: item
            for path, item in paths.items()
        }
    document["servers"] = [server, *dice.choice([[], others])]
    server["url"] += dice.choice(["", "/"])


# All of it --------------------------------------------------------------------------------------

DIVIDED: Final = "each path is in a document of its own"
ALL_FORMS: Final = (*FORMS, DIVIDED)


def rewritten(written: list[Json], forms: list[str], seed: int) -> list[Json]:
    """Return the documents in these forms, applied one after the other, and in random order."""
    dice = Random(seed)  # noqa: S311 - no secret
    changed = copy.deepcopy(written)
    for name in forms:
        if name == DIVIDED:
            changed = [
                copy.deepcopy({**document, "paths": {path: item}})
                for document in changed
                for path, item in document["paths"].items()
            ]
        else:
            for document in changed:
                FORMS[name](document, dice)
    dice.shuffle(changed)
    return changed
