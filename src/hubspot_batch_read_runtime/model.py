"""The base class of models.

Decoding has three steps. Each handles what the previous one does not accept:

1. The usual responses: msgspec decodes and checks them in C, into structs that follow the model's
   shape, and `_build_all` converts these into models. A shape learns the unknown keys that occur,
   and from then on, its structs have them.
2. Ids and numbers in an unusual form, and unusual unknown keys: `_decode` converts dicts to models.
3. Mismatches: the shape searches the body for the place, which `_decode` does not track.

The first two steps are loops over the fields. For models that occur thousands of times in a
response, the generator writes `_build_all` as nested loops, which takes half the time: a call for
each model would make decoding a fifth slower.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from operator import methodcaller
from types import MappingProxyType
from typing import Any, Self

import attrs

from hubspot_batch_read_runtime import codec
from hubspot_batch_read_runtime.collector import seldom_collected
from hubspot_batch_read_runtime.errors import DecodeError
from hubspot_batch_read_runtime.fields import Field, fields_of
from hubspot_batch_read_runtime.printing import brief
from hubspot_batch_read_runtime.shapes import Fault, Shape, copied, step, strict
from hubspot_batch_read_runtime.values import FAULTS, expected

new = object.__new__

MOST_UNKNOWN = 100
"""Maximum number of unknown keys in the structs of a shape; beyond that, dicts are decoded."""
_LEARNABLE = re.compile("[A-Za-z0-9_.$-]{1,100}")

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class ObjectShape(Shape):
    """The shape of a model's JSON object: the keys of its fields; others are ignored."""

    is_object = True

    def __init__(self, model: type[Model]) -> None:
        """Prepare the model's fields for the loops over them."""
        self.model = model
        self.fields = fields_of(model)
        self.lenient = [each for each in self.fields if each.is_lenient]
        self.to_decode = [
            (each.name, each.key, each.shape.decode, each.is_required)
            for each in self.fields
            if not each.is_lenient
        ]
        self.to_build = [(each.name, each.build) for each in self.fields]
        self.to_encode = [(each.name, each.key, each.shape.encode) for each in self.fields]
        self.decode = model._decode
        self.encode = methodcaller("to_dict")
        self.unknown: list[str] = []
        """The unknown keys that structs have, after those of the fields."""

    def struct(self) -> Any:
        """Return a struct with these keys and no others."""
        return self._struct(
            [(each.name, *_struct_type(each, each.shape.struct)) for each in self.fields]
        )

    def inner_struct(self) -> Any:
        """Return such a struct for use inside the struct of a row."""
        return self._struct(
            [(each.name, *_struct_type(each, each.shape.inner_struct)) for each in self.fields]
        )

    def _struct(self, fields: list[tuple[Any, ...]]) -> Any:
        from msgspec import UNSET, defstruct  # noqa: PLC0415 - at the first response only

        unknown = {f"unknown_{number}": key for number, key in enumerate(self.unknown)}

        def additional_properties(struct: Any) -> dict[str, Any] | None:
            found = {}
            for name, key in unknown.items():
                if (value := getattr(struct, name)) is not UNSET:
                    found[key] = value
            return found or None

        def set_additional_properties(struct: Any, value: Mapping[str, Any]) -> None:
            for name, key in unknown.items():
                setattr(struct, name, value.get(key, UNSET))

        extra = property(additional_properties, set_additional_properties) if unknown else None
        return defstruct(
            self.model.__name__,
            [*fields, *((name, Any, UNSET) for name in unknown)],
            rename={each.name: each.key for each in self.fields} | unknown,
            namespace={"additional_properties": extra},
            kw_only=True,
            forbid_unknown_fields=True,
            gc=False,
        )

    def learn(self, value: object) -> bool:
        """Learn the unknown keys in a JSON object; return whether there were new ones."""
        if not isinstance(value, Mapping):
            return False
        known = {*self.unknown, *(each.key for each in self.fields)}
        new_keys = [key for key in value if key not in known and _LEARNABLE.fullmatch(key)]
        new_keys = new_keys[: MOST_UNKNOWN - len(self.unknown)]
        self.unknown += new_keys
        learned = [each.shape.learn(value.get(each.key)) for each in self.fields]
        return bool(new_keys) or any(learned)

    def build(self, value: Any) -> Any:
        """Build a model from a struct."""
        return self.model._build_all([value])[0]

    def build_all(self, values: list[Any]) -> list[Any]:
        """Build models from structs."""
        return self.model._build_all(values)

    def encode_all(self, values: Iterable[Any]) -> list[Any]:
        """Encode models."""
        return [value.to_dict() for value in values]

    def faults(self, value: object, path: str) -> Iterator[Fault]:
        """Yield the faults of the declared keys; lenient ones have none."""
        if not isinstance(value, Mapping):
            yield Fault(path, expected("an object", value))
            return
        for each in self.fields:
            if each.is_required and each.key not in value:
                yield Fault(path + step(each.key), "missing")
            elif each.is_required or (not each.is_lenient and value.get(each.key) is not None):
                yield from each.shape.faults(value[each.key], path + step(each.key))


def _struct_type(each: Field, struct: Callable[[], Any]) -> tuple[Any, ...]:
    """Return the type of a struct's field, with None as default if it is not required."""
    return (struct(),) if each.is_required else (strict(each.shape) | None, None)


@attrs.define(kw_only=True)
class Model:
    """A JSON object; the base class of the models."""

    _additional_properties: dict[str, object] | None = attrs.field(
        default=None, alias="additional_properties", repr=False, eq=lambda extra: extra or None
    )

    @property
    def additional_properties(self) -> Mapping[str, object]:
        """The JSON object's other keys, and the values that did not match a lenient property."""
        return self._additional_properties or _NOTHING

    def __repr__(self) -> str:
        """Return the fields; long lists, maps and texts are shortened, and say by how much."""
        names = [each.name for each in attrs.fields(type(self)) if each.repr]
        fields = ", ".join(f"{name}={brief(getattr(self, name))}" for name in names)
        return f"{type(self).__name__}({fields})"

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Decode a JSON object.

        Unknown keys are kept in `additional_properties`, unknown enum values as text. A number
        in place of an id becomes text. Null and absent both become None; nulls in maps are dropped.

        Raises:
            DecodeError: The object does not match the model; names the place and the problem.
        """
        try:
            return cls._decode(copied(data))
        except FAULTS as error:
            raise cls._explained(error, data, data) from None

    @classmethod
    def from_json(cls, content: bytes | str) -> Self:
        """Decode JSON text; see `from_dict`.

        Raises:
            DecodeError: The text is not JSON, or does not match the model.
        """
        return seldom_collected(cls._from_json, content)

    @classmethod
    def _from_json(cls, content: bytes | str) -> Self:
        source = codec.decode_as(cls._shape(), content)
        if source is not None:
            with suppress(*FAULTS):
                model: Self = cls._build_all([source])[0]
                return model
        data = cls._parsed(content)
        try:
            return cls._decode(data)
        except FAULTS as error:
            raise cls._explained(error, codec.decode(content), content) from None

    @classmethod
    def _parsed(cls, content: bytes | str) -> Any:
        """Return a JSON value.

        Raises:
            DecodeError: The text is not JSON.
        """
        try:
            return codec.decode(content)
        except FAULTS as error:
            is_whole = isinstance(error, codec.ConstantError)
            problem = str(error) if is_whole else f"not JSON: {error}"
            raise DecodeError(cls.__name__, "$", problem, content) from None

    @classmethod
    def _explained(cls, error: Exception, data: object, body: object) -> DecodeError:
        fault = next(cls._shape().faults(data, "$"), Fault("$", str(error)))
        return DecodeError(cls.__name__, fault.path, fault.problem, body)

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object, without the properties that are None.

        A key in `additional_properties` takes precedence over a property with that name.
        """
        data = self._encode()
        if self._additional_properties:
            data.update(self._additional_properties)
        return data

    def to_json(self) -> bytes:
        """Return the JSON object as text; see `to_dict`.

        Raises:
            TypeError, ValueError: A value cannot be JSON.
        """
        return seldom_collected(Model._to_json, self)

    def _to_json(self) -> bytes:
        return codec.encode(self.to_dict())

    @classmethod
    def _shape(cls) -> ObjectShape:
        """Return the expected form of the JSON object."""
        return _shapes[cls]

    @classmethod
    def _decode(cls, data: Any) -> Self:
        """Convert a JSON object into a model; the declared keys are removed from it."""
        model = new(cls)
        shape = _shapes[cls]
        for name, key, decode, is_required in shape.to_decode:
            if is_required:
                setattr(model, name, decode(data.pop(key)))
            else:
                value = data.pop(key, None)
                setattr(model, name, None if value is None else decode(value))
        for each in shape.lenient:
            setattr(model, each.name, each.decode_leniently(data))
        model._additional_properties = data or None
        return model

    def _encode(self) -> dict[str, object]:
        """Return the JSON object of the fields."""
        data: dict[str, object] = {}
        for name, key, encode in _shapes[type(self)].to_encode:
            value = getattr(self, name)
            if value is not None:
                data[key] = encode(value)
        return data

    @classmethod
    def _build_all(cls, sources: list[Any]) -> list[Any]:
        """Convert structs into models; the list of structs may be emptied."""
        to_build = _shapes[cls].to_build
        models = []
        for source in sources:
            model = new(cls)
            for name, build in to_build:
                value = getattr(source, name)
                setattr(model, name, None if value is None else build(value))
            model._additional_properties = source.additional_properties
            models.append(model)
        return models


class _Shapes(dict[type[Model], ObjectShape]):
    """The shape of each model, created when it is first needed."""

    def __missing__(self, model: type[Model]) -> ObjectShape:
        return self.setdefault(model, ObjectShape(model))


_shapes = _Shapes()
