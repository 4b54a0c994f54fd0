"""Plain rows: the rows of a response as they were sent, for tables and files.

A plain row has the attributes of its model, and everything was checked, but an id may be a number,
a date-time is the text that was sent, and a value of an enum is text. It is a struct, or a
namespace if msgspec could not decode the body.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from functools import cache, partial
from itertools import chain
from operator import attrgetter
from types import NoneType, SimpleNamespace
from typing import Any, TypeVar

from hubspot_batch_read_runtime import codec
from hubspot_batch_read_runtime.collector import seldom_collected
from hubspot_batch_read_runtime.model import Model, ObjectShape
from hubspot_batch_read_runtime.shapes import (
    ANYTHING,
    ID,
    INSTANT,
    ListOf,
    MapOf,
    OpenEnum,
    Shape,
    copied,
)
from hubspot_batch_read_runtime.values import FAULTS, array

ModelT = TypeVar("ModelT", bound=Model)

ROWS = "results"
"""The key of the rows in an envelope."""


def envelope_from_json(model: type[ModelT], content: bytes | str) -> ModelT:
    """Decode an envelope whose `results` are plain rows.

    Raises:
        DecodeError: The text is not JSON, or does not match the model.
    """
    return seldom_collected(partial(_envelope, model), content)


def row_from_dict(model: type[ModelT], data: Mapping[str, object]) -> ModelT:
    """Return the plain row for a JSON object, typed as the model whose attributes it has.

    Raises:
        DecodeError: The object does not match the model.
    """
    try:
        row: ModelT = _plain(model._shape(), copied(data))
    except FAULTS as error:
        raise model._explained(error, data, data) from None
    return row


def as_model(model: type[ModelT], row: ModelT) -> ModelT:
    """Return a row, plain or not, as a model."""
    return row if _is_model(row) else model.from_dict(_json(model._shape(), row))


def alike(model: type[ModelT], rows: Sequence[ModelT]) -> Sequence[ModelT]:
    """Return rows of one kind: unchanged if all are plain or none is, otherwise as models."""
    is_alike = len(set(map(type, rows))) == 1
    return rows if is_alike else [as_model(model, row) for row in rows]


def evolved(
    row: ModelT, *, additional_properties: Mapping[str, object] | None = None, **changes: object
) -> ModelT:
    """Return a copy of a row, plain or not, with other values; with None, unknown keys stay."""
    found = copy(row)
    for name, value in changes.items():
        setattr(found, name, value)
    if additional_properties:
        name = "_additional_properties" if _is_model(found) else "additional_properties"
        setattr(found, name, additional_properties)
    return found


def lines(model: type[ModelT], rows: Iterable[ModelT]) -> bytes:
    """Return a line of JSON for each row, plain or not.

    Each has all declared keys, with null for absent values, followed by the unknown keys.
    """
    rows = list(rows)
    if (library := codec.msgspec()) is not None:
        with suppress(library.MsgspecError, *FAULTS):
            if all(isinstance(row, library.Struct) for row in rows):
                _make_ids_text(model._shape(), rows)
                encoded: bytes = library.json.Encoder().encode_lines(rows)
                return encoded
    shape = model._shape()
    return b"".join(_line(_json(shape, row)) for row in rows)


def _is_model(row: object) -> bool:
    return isinstance(row, Model)  # the type of a plain row marks it as one


def _line(data: object) -> bytes:
    line = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    try:
        return line.encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, which can only be written as an escape
        return json.dumps(data, separators=(",", ":")).encode() + b"\n"


def _envelope(model: type[ModelT], content: bytes | str) -> ModelT:
    shape = model._shape()
    item = _item(shape)
    source = codec.decode_as(shape, content)
    if source is not None:
        with suppress(*FAULTS):
            rows, source.results = source.results, []
            _check(item, rows)
            envelope: ModelT = model._build_all([source])[0]
            return _with_rows(envelope, rows)
    data = model._parsed(content)
    try:
        rows = [_plain(item, row) for row in array(data[ROWS])]
        return _with_rows(model._decode({**data, ROWS: []}), rows)
    except FAULTS as error:
        raise model._explained(error, model._parsed(content), content) from None


def _item(shape: ObjectShape) -> Shape:
    """Return the shape of an envelope's rows."""
    return next(
        each.shape.item
        for each in shape.fields
        if each.key == ROWS and isinstance(each.shape, ListOf)
    )


def _with_rows(envelope: ModelT, rows: list[Any]) -> ModelT:
    setattr(envelope, ROWS, rows)
    return envelope


def _check(shape: Shape, values: Sequence[Any]) -> None:
    """Check in decoded values what msgspec does not check."""
    if not _is_to_check(shape):
        return
    if isinstance(shape, ObjectShape):
        for field in shape.fields:
            found = map(attrgetter(field.name), values)
            _check(field.shape, [value for value in found if value is not None])
    elif isinstance(shape, ListOf | MapOf):
        _check(shape.item, _items(shape, values))
    else:
        for value in values:
            shape.decode(value)


@cache
def _is_to_check(shape: Shape) -> bool:
    if isinstance(shape, ObjectShape):
        return any(_is_to_check(each.shape) for each in shape.fields)
    if isinstance(shape, ListOf | MapOf):
        return _is_to_check(shape.item)
    return shape is not ANYTHING and shape.struct() is Any


def _make_ids_text(shape: Shape, values: Sequence[Any]) -> None:
    """Convert ids that are numbers into text, in structs."""
    if not _has_ids(shape):
        return
    if isinstance(shape, ListOf | MapOf):
        _make_ids_text(shape.item, _items(shape, values))
    elif isinstance(shape, ObjectShape):
        for field in shape.fields:
            found = [*map(attrgetter(field.name), values)]
            if field.shape is not ID:
                _make_ids_text(field.shape, [value for value in found if value is not None])
            elif {*map(type, found)} - {str, NoneType}:
                for owner, value in zip(values, found, strict=True):
                    if type(value) is int:
                        setattr(owner, field.name, str(value))


@cache
def _has_ids(shape: Shape) -> bool:
    if isinstance(shape, ObjectShape):
        return any(_has_ids(each.shape) for each in shape.fields)
    return _has_ids(shape.item) if isinstance(shape, ListOf | MapOf) else shape is ID


def _items(shape: ListOf | MapOf, values: Sequence[Any]) -> list[Any]:
    """Return the items of lists or maps."""
    parts = values if isinstance(shape, ListOf) else [value.values() for value in values]
    return [item for item in chain.from_iterable(parts) if item is not None]


def _plain(shape: Shape, value: Any) -> Any:
    """Return the plain value for a JSON value, or raise one of FAULTS."""
    if isinstance(shape, ObjectShape):
        return _namespace(shape, value)
    if isinstance(shape, ListOf):
        return [_plain(shape.item, item) for item in array(value)]
    if isinstance(shape, MapOf):
        return {
            key: None if item is None else _plain(shape.item, item) for key, item in value.items()
        }
    decoded = shape.decode(value)
    return value if shape is INSTANT else str(value) if isinstance(shape, OpenEnum) else decoded


def _namespace(shape: ObjectShape, value: Any) -> SimpleNamespace:
    rest = dict(value.items())
    found = SimpleNamespace()
    for each in shape.fields:
        if each.is_lenient:
            item = each.decode_leniently(rest)
        elif each.is_required:
            item = _plain(each.shape, rest.pop(each.key))
        else:
            item = rest.pop(each.key, None)
            item = None if item is None else _plain(each.shape, item)
        setattr(found, each.name, item)
    found.additional_properties = rest or None
    return found


def _json(shape: Shape, value: Any) -> Any:
    """Return a value in a row, plain or not, as a JSON value with all declared keys."""
    if value is None:
        return None
    if isinstance(shape, ObjectShape):
        declared = {each.key: _json(each.shape, getattr(value, each.name)) for each in shape.fields}
        return {**declared, **(value.additional_properties or {})}
    if isinstance(shape, ListOf):
        return [_json(shape.item, item) for item in value]
    if isinstance(shape, MapOf):
        return {key: _json(shape.item, item) for key, item in value.items()}
    if shape is ID:
        return str(value)
    return value if type(value) is str else shape.encode(value)
