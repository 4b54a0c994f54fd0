"""Associations, 2026-03: all pages of each object."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from attrs import define, evolve

from hubspot_batch_read.core.operation import LazyInputs, Operation
from hubspot_batch_read.operations.common import (
    NO_ASSOCIATIONS_FOUND,
    after,
    all_additional,
    object_types,
)
from hubspot_batch_read.tables.table import Column, Table
from hubspot_batch_read_api.api.associations import read_associations
from hubspot_batch_read_api.models import (
    AssociatedObject,
    Association,
    AssociationEnvelope,
    AssociationInput,
    AssociationRequest,
)
from hubspot_batch_read_runtime.plain import evolved


def associations(from_type: str, to_type: str) -> Operation[Association]:
    """Return the operation for two types of objects.

    Raises:
        ArgumentError: A type cannot be part of a path.
    """
    return evolve(ASSOCIATIONS, path=object_types(from_type, to_type))


def _merge(rows: Sequence[Association]) -> Association:
    """Return one row with the associated objects of all pages, each once, with all its types."""
    found: dict[str, list[AssociatedObject]] = {}
    for each in chain.from_iterable(row.to for row in rows):
        found.setdefault(str(each.to_object_id), []).append(each)
    return evolved(
        rows[0],
        to=[same[0] if len(same) == 1 else _with_all_types(same) for same in found.values()],
        paging=rows[-1].paging,
        additional_properties=all_additional(rows),
    )


def _with_all_types(same: Sequence[AssociatedObject]) -> AssociatedObject:
    types = {
        (kind.category, kind.type_id, kind.label): kind
        for each in reversed(same)
        for kind in reversed(each.association_types)
    }
    return evolved(same[0], association_types=list(reversed(types.values())))


@define
class _NoType:
    """Placeholder for an association without types."""

    type_id: None = None
    category: None = None
    label: None = None


_NO_TYPES = (_NoType(),)


def _columns(records: Sequence[Association]) -> list[Column]:
    objects = [each for record in records for each in record.to]
    kinds = [kind for each in objects for kind in each.association_types or _NO_TYPES]
    return [
        [
            str(record.from_.id)
            for record in records
            for each in record.to
            for _ in each.association_types or _NO_TYPES
        ],
        [str(each.to_object_id) for each in objects for _ in each.association_types or _NO_TYPES],
        [kind.type_id for kind in kinds],
        [None if kind.category is None else str(kind.category) for kind in kinds],
        [kind.label for kind in kinds],
    ]


def _row_counts(records: Sequence[Association]) -> list[int]:
    return [sum(len(each.association_types) or 1 for each in record.to) for record in records]


ASSOCIATIONS = Operation(
    endpoint=read_associations,
    max_inputs=read_associations.MAX_INPUTS,
    body=lambda inputs: AssociationRequest(
        inputs=LazyInputs(lambda id_, cursor: AssociationInput(id=id_, after=cursor), inputs)
    ),
    envelope=AssociationEnvelope,
    row=Association,
    id_path=("from", "id"),
    id_of=lambda row: str(row.from_.id),
    # A row for each pair of objects and type; one with nulls for a pair without types.
    table=Table(
        {
            "from_id": "string",
            "to_id": "string",
            "type_id": "int64",
            "category": "string",
            "label": "string",
        },
        _columns,
        _row_counts,
    ),
    cursor=lambda row: after(row.paging) if row.paging is not None else None,
    content=lambda row: row.to,
    merge=_merge,
    error_keys=("fromObjectId", "id"),
    nothing_found=NO_ASSOCIATIONS_FOUND,
)
