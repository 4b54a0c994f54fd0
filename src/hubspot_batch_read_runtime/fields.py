"""The fields of a model: their declaration, and their form in JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import attrs

from hubspot_batch_read_runtime.shapes import ID, AnyShape, ListOf, Shape, copied, shape_of
from hubspot_batch_read_runtime.values import FAULTS, id_text

_JSON = "json"


def json(key: str, shape: AnyShape, *, lenient: bool = False) -> dict[str, Any]:
    """Return the metadata of a model's field: its form in JSON.

    The key is required, unless the default of the field is None, which stands for absent and null.

    Args:
        key: The key in the JSON object.
        shape: The expected form of the value; a model stands for its shape.
        lenient: Keep a value that does not match in `additional_properties` instead of raising.
    """
    return {_JSON: (key, shape_of(shape), lenient)}


def fields_of(model: type[attrs.AttrsInstance]) -> list[Field]:
    """Return the fields of a model that are in JSON."""
    return [
        Field(each.name, each.default is not None, *each.metadata[_JSON])
        for each in attrs.fields(model)
        if _JSON in each.metadata
    ]


class Field(NamedTuple):
    """A field of a model, and its form in JSON."""

    name: str
    is_required: bool
    """Whether the key is required; otherwise, absent and null are None."""
    key: str
    shape: Shape
    is_lenient: bool
    """Whether a value that does not match is kept in the additional properties."""

    @property
    def build(self) -> Callable[[Any], Any]:
        """Converts what msgspec decoded into the value."""
        return id_text if self.is_required and self.shape is ID else self.shape.build

    def decode_leniently(self, data: dict[str, object]) -> Any:
        """Remove the value from a JSON object and decode it; put it back if it does not match.

        In a list, the items that match are decoded; if one does not, the whole list is put back.
        """
        value = data.pop(self.key, None)
        if value is None:
            return None
        if isinstance(self.shape, ListOf) and isinstance(value, list):
            return [*self._matching(self.shape.item, value, data)]
        try:
            return self.shape.decode(copied(value))
        except FAULTS:
            data[self.key] = value
            return None

    def _matching(
        self, shape: Shape, items: list[object], data: dict[str, object]
    ) -> Iterator[object]:
        for item in items:
            try:
                yield shape.decode(copied(item))
            except FAULTS:
                data[self.key] = items
