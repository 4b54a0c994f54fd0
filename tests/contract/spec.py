"""The spec as tests read it: its operations, its schemas without references, its deviations.

`departures` compares a JSON body with a closed schema: a field that the spec does not declare is a
departure, too.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from .paths import Key, children, json_path

# A JSON object, such as a schema or any other part of the spec.
Json = dict[str, Any]

ROOT: Final = Path(__file__).parents[2]
SPEC_FILE: Final = ROOT / "openapi" / "hubspot-batch-read.yaml"
DEVIATES: Final = "x-deviates-from-hubspot"


@cache
def load() -> Json:
    """Return the spec as it is written. It is shared: copy it before you change it."""
    spec: Json = yaml.safe_load(SPEC_FILE.read_text(encoding="utf-8"))
    return spec


# Operations -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Operation:
    """An operation of the spec, with the names of the schemas of its request and response."""

    id: str
    tag: str
    method: str
    path: str
    request: str
    envelope: str

    @property
    def name(self) -> str:
        """The operation's name in Python: read_associations_v3."""
        return snake_case(self.id)

    @property
    def query_schemas(self) -> dict[str, Json]:
        """The schemas of the parameters in the query, by name."""
        operation: Json = load()["paths"][self.path][self.method.lower()]
        return {each["name"]: each["schema"] for each in operation.get("parameters", [])}

    @property
    def inputs(self) -> Json:
        """The schema of the list of inputs in a request."""
        inputs: Json = schema(self.request)["properties"]["inputs"]
        return inputs

    def path_arguments(self, path: str) -> list[str]:
        """Return the values of the parameters in a concrete path."""
        pattern = re.sub(r"\{\w+\}", "([^/]+)", self.path)
        match = re.fullmatch(pattern, path)
        assert match, f"{path} is not a path of {self.id}"
        return list(match.groups())


def snake_case(name: str) -> str:
    """Return a name of the spec in Python's spelling."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


@cache
def operations() -> dict[str, Operation]:
    """Return the operations by their names in Python."""
    spec = load()
    found = [
        Operation(
            id=operation["operationId"],
            tag=operation["tags"][0],
            method=method.upper(),
            path=path,
            request=_schema_name(operation["requestBody"]),
            envelope=_schema_name(lookup(spec, operation["responses"]["200"]["$ref"])),
        )
        for path, method, operation in operation_objects(spec)
    ]
    return {operation.name: operation for operation in found}


def operation_objects(spec: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and operation, for every operation of a spec."""
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method in {"get", "put", "post", "delete", "options", "head", "patch", "trace"}:
                yield path, method, operation


def _schema_name(body: Json) -> str:
    reference: str = body["content"]["application/json"]["schema"]["$ref"]
    return reference.rpartition("/")[2]


# Schemas --------------------------------------------------------------------------------------


@cache
def schema(name: str, *, closed: bool = False) -> Json:
    """Return a component schema without references; closed objects allow no undeclared fields."""
    resolved = _resolve(load(), load()["components"]["schemas"][name])
    return _close(resolved) if closed else resolved


def answer_schema(operation: Operation, status: int) -> Json:
    """Return the closed schema of the operation's response with this status."""
    return schema(operation.envelope if 200 <= status < 300 else "Error", closed=True)


def lookup(spec: Json, reference: str) -> Json:
    """Return the target of a `$ref`."""
    found = spec
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def subschemas(schema: Json, place: str) -> Iterator[tuple[str, Json]]:
    """Yield a schema and each schema inside it, with their places; no reference is followed."""
    yield place, schema
    for step, inner in _children(schema):
        yield from subschemas(inner, f"{place}.{step}")


def _children(schema: Json) -> Iterator[tuple[str, Json]]:
    for name, inner in schema.get("properties", {}).items():
        yield f"properties.{name}", inner
    for keyword in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(keyword), dict):
            yield keyword, schema[keyword]
    for keyword in ("allOf", "anyOf", "oneOf"):
        for number, inner in enumerate(schema.get(keyword, [])):
            yield f"{keyword}.{number}", inner


def rewrite(schema: Json, change: Callable[[Json], Json]) -> Json:
    """Return a copy of a schema, with each schema directly inside it changed."""
    copy = dict(schema)
    if "properties" in copy:
        copy["properties"] = {name: change(inner) for name, inner in copy["properties"].items()}
    for keyword in ("items", "additionalProperties"):
        if isinstance(copy.get(keyword), dict):
            copy[keyword] = change(copy[keyword])
    if "anyOf" in copy:
        copy["anyOf"] = [change(inner) for inner in copy["anyOf"]]
    return copy


def _resolve(spec: Json, schema: Json) -> Json:
    """Return a schema with `$ref` and `allOf` resolved."""
    parts = [lookup(spec, schema["$ref"])] if "$ref" in schema else []
    parts += schema.get("allOf", [])
    own = {keyword: value for keyword, value in schema.items() if keyword not in {"$ref", "allOf"}}
    merged = rewrite(own, lambda inner: _resolve(spec, inner))
    for part in (_resolve(spec, part) for part in parts):
        both = {**part, **merged}
        if "properties" in part and "properties" in merged:
            both["properties"] = {**part["properties"], **merged["properties"]}
        if "required" in part and "required" in merged:
            both["required"] = sorted({*part["required"], *merged["required"]})
        merged = both
    return merged


def _close(schema: Json) -> Json:
    closed = rewrite(schema, _close)
    if "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed


# Closed-world validation ----------------------------------------------------------------------

_formats = FormatChecker(["date", "date-time"])


@_formats.checks("int32")
def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31


@_formats.checks("int64")
def _is_int64(value: object) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def departures(body: Any, schema: Json) -> dict[str, str]:
    """Return how a JSON body departs from a schema, by JSON path."""
    validator = Draft202012Validator(schema, format_checker=_formats)
    return {
        json_path(place): problem
        for error in validator.iter_errors(body)
        for place, problem in _exact(error, ())
    }


def _exact(error: ValidationError, base: tuple[Key, ...]) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Yield the exact places of an error: the field itself, not the object around it."""
    place = (*base, *error.relative_path)
    schema: Any = error.schema
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        for key in instance.keys() - schema["properties"].keys():
            yield (*place, key), "not declared"
    elif error.validator == "required":
        for key in set(schema["required"]) - instance.keys():
            yield (*place, key), "missing"
    elif error.validator == "anyOf" and (branch := _intended_branch(error)):
        for inner in branch:
            yield from _exact(inner, place)
    else:
        yield place, error.message


def _intended_branch(error: ValidationError) -> list[ValidationError]:
    """Return the errors of the only `anyOf` branch that allows the value's type, or none."""
    branches: dict[Key, list[ValidationError]] = {}
    for inner in error.context or []:
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    fitting = [
        branch
        for branch in branches.values()
        if not any(inner.validator == "type" and not inner.relative_path for inner in branch)
    ]
    return fitting[0] if len(fitting) == 1 else []


# Deviations -----------------------------------------------------------------------------------


class Deviation(NamedTuple):
    """A place at which the spec deviates from HubSpot's documents."""

    place: str
    stated: Json
    extension: Any


def deviations(spec: Json) -> list[Deviation]:
    """Return every deviation in a spec."""
    return list(_deviations(spec, ()))


def _deviations(node: object, keys: tuple[Key, ...]) -> Iterator[Deviation]:
    if isinstance(node, dict) and DEVIATES in node:
        stated = {key: value for key, value in node.items() if key != DEVIATES}
        yield Deviation(json_path(keys), stated, node[DEVIATES])
        node = stated
    for key, inner in children(node):
        yield from _deviations(inner, (*keys, key))
