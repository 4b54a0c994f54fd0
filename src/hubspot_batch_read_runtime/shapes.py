"""The expected form of JSON values: decoding, encoding, and the places that do not match."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from types import GenericAlias
from typing import Any, NamedTuple, Protocol

from hubspot_batch_read_runtime.values import (
    FAULTS,
    array,
    boolean,
    constant,
    expected,
    id_text,
    instant,
    integer,
    number,
    text,
)


class Fault(NamedTuple):
    """A place in a JSON value that does not match its shape."""

    path: str
    """JSON path, such as `$.results[0].to[3].toObjectId`."""
    problem: str
    """The problem with the value."""


def same(value: Any) -> Any:
    """Return the value."""
    return value


class Shape:
    """The expected form of a JSON value, and its conversion to the value of a model.

    `decode` accepts any JSON value, `build` only values that msgspec has decoded, and so checked.
    Neither tracks the place of a fault; `faults` searches for it.
    """

    decode: Callable[[Any], Any]
    """Returns the model's value, or raises one of FAULTS; may empty the JSON value."""
    build: Callable[[Any], Any]
    """Returns the model's value for what msgspec decoded; `same` if it needs no conversion."""
    encode: Callable[[Any], Any]
    """Returns the JSON value for a model's value; `same` if it needs no conversion."""
    is_object = False
    """Whether msgspec decodes it to a struct."""

    def struct(self) -> Any:
        """Return the type that msgspec decodes to."""
        return Any

    def inner_struct(self) -> Any:
        """Return the type that msgspec decodes to inside the struct of a row."""
        return self.struct()

    def learn(self, value: object) -> bool:
        """Learn the unknown keys in a JSON value; return whether there were new ones."""
        return False

    def build_all(self, values: list[Any]) -> list[Any]:
        """Return the model's values for a list, which may be emptied."""
        return values if self.build is same else [*map(self.build, values)]

    def encode_all(self, values: Iterable[Any]) -> list[Any]:
        """Return the JSON values for a collection."""
        return [*map(self.encode, values)]

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Yield the places that do not match in a JSON value, whose own place is `path`."""
        try:
            self.decode(value)
        except FAULTS as error:
            yield Fault(path, str(error))


class HasShape(Protocol):
    """A model, which can be used instead of its shape."""

    @classmethod
    def _shape(cls) -> Shape:
        """Return the shape."""
        ...


AnyShape = Shape | type[HasShape]


def shape_of(shape: AnyShape) -> Shape:
    """Return a shape; for a model, its shape."""
    return shape if isinstance(shape, Shape) else shape._shape()


class Leaf(Shape):
    """A value that a function decodes."""

    def __init__(
        self,
        decode: Callable[[Any], Any],
        struct: Any = Any,
        *,
        encode: Callable[[Any], Any] = same,
    ) -> None:
        """Set the function, and `struct` if msgspec can check the value without conversion."""
        self.decode = decode
        self.build = decode if struct is Any else same
        self.encode = encode
        self._struct = struct

    def struct(self) -> Any:
        """Return the type that checks the value."""
        return self._struct


def same_as(value: object) -> Leaf:
    """Return the shape of a constant."""
    return Leaf(partial(constant, value))


ANYTHING = Leaf(same)
BOOLEAN = Leaf(boolean)
ID = Leaf(id_text, str | int)
INSTANT = Leaf(instant, encode=datetime.isoformat)
INTEGER = Leaf(integer, int)
NUMBER = Leaf(number, int | float)
TEXT = Leaf(text, str)


class OpenEnum(Shape):
    """A text that may be the value of an enum's member; otherwise it stays text."""

    encode = str  # not all code that accepts text accepts members of an enum

    def __init__(self, known: Callable[[Any], Any]) -> None:
        """Set the function that returns the member with a value, or None."""
        self._known = known

    def struct(self) -> Any:
        """Return the type of all values."""
        return str

    def decode(self, value: Any) -> Any:
        """Return the member, or the text."""
        return self._known(text(value)) or value

    def build(self, value: Any) -> Any:
        """Return the member, or the text."""
        return self._known(value) or value


class ListOf(Shape):
    """A list."""

    def __init__(self, item: AnyShape) -> None:
        """Set the shape of the items."""
        self.item = shape_of(item)
        self.build = same if self.item.build is same else self._build
        self.encode = self.item.encode_all

    def struct(self) -> Any:
        """Return a list type for the items."""
        return GenericAlias(list, strict(self.item))

    def inner_struct(self) -> Any:
        """Return a tuple type for structs, which the collector does not track, or a list type."""
        item = strict(self.item)
        return GenericAlias(tuple, (item, ...)) if self.item.is_object else GenericAlias(list, item)

    def _build(self, value: Any) -> Any:
        return self.item.build_all(value if type(value) is list else [*value])

    def learn(self, value: object) -> bool:
        """Learn the unknown keys in each item."""
        return isinstance(value, list) and max(map(self.item.learn, value), default=False)

    def decode(self, value: Any) -> Any:
        """Decode each item."""
        return [*map(self.item.decode, array(value))]

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Yield the faults of each item."""
        if not isinstance(value, list):
            yield Fault(path, expected("a list", value))
            return
        for index, item in enumerate(value):
            yield from self.item.faults(item, f"{path}[{index}]")


class MapOf(Shape):
    """An object whose keys are data; nulls are dropped."""

    def __init__(self, item: AnyShape) -> None:
        """Set the shape of the values."""
        self.item = shape_of(item)

    def struct(self) -> Any:
        """Return a dict type for the values."""
        return GenericAlias(dict, (str, strict(self.item) | None))

    def learn(self, value: object) -> bool:
        """Learn the unknown keys in each value."""
        return isinstance(value, Mapping) and max(
            map(self.item.learn, value.values()), default=False
        )

    def decode(self, value: Any) -> Any:
        """Decode each value."""
        decode = self.item.decode
        return {key: decode(item) for key, item in value.items() if item is not None}

    def build(self, value: Any) -> Any:
        """Build each value."""
        build = self.item.build
        if build is same:
            return {key: item for key, item in value.items() if item is not None}
        return {key: build(item) for key, item in value.items() if item is not None}

    def encode(self, value: Any) -> Any:
        """Encode each value."""
        encode = self.item.encode
        return {key: encode(item) for key, item in value.items()}

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Yield the faults of each value."""
        if not isinstance(value, Mapping):
            yield Fault(path, expected("an object", value))
            return
        for key, item in value.items():
            if item is not None:
                yield from self.item.faults(item, path + step(key))


class OneOf(Shape):
    """One of several shapes: the first that matches."""

    def __init__(self, *shapes: AnyShape) -> None:
        """Set the shapes, in the order in which they are tried."""
        self.shapes = [*map(shape_of, shapes)]
        self.build = self.decode

    def decode(self, value: Any) -> Any:
        """Decode a copy, because a shape that does not match may have changed the value."""
        *others, last = self.shapes
        for shape in others:
            try:
                return shape.decode(copied(value))
            except FAULTS:
                continue
        return last.decode(value)

    def encode(self, value: Any) -> Any:
        """Encode a model; all other values are the same in JSON."""
        return value.to_dict() if hasattr(value, "to_dict") else value

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Yield the faults of the shape with the fewest, which is probably the intended one."""
        yield from min((list(shape.faults(value, path)) for shape in self.shapes), key=len)


def strict(shape: Shape) -> Any:
    """Return the struct type of an optional value: ids that are numbers are rare there."""
    return str if shape is ID else shape.inner_struct()


def step(key: object) -> str:
    """Return the step of a JSON path to a key."""
    name = str(key)
    return f".{name}" if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) else f"[{json.dumps(name)}]"


def copied(value: object, levels: int = 50) -> Any:
    """Copy a JSON value to preserve it from decoding, which removes the declared keys.

    Values nested more deeply than any model are not changed, so they are not copied.
    """
    if levels and isinstance(value, Mapping):
        return {key: copied(item, levels - 1) for key, item in value.items()}
    if levels and isinstance(value, list):
        return [copied(item, levels - 1) for item in value]
    return value
