"""Associations, 2026-03: all pages of each object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from attrs import evolve

from hubspot_batch_read.core.operation import LazyInputs, Operation
from hubspot_batch_read.operations.common import (
    NO_ASSOCIATIONS_FOUND,
    after,
    all_additional,
    object_types,
)
from hubspot_batch_read.tables import Row, Table
from hubspot_batch_read_api.api.associations import read_associations
from hubspot_batch_read_api.models import (
    AssociatedObject,
    Association,
    AssociationInput,
    AssociationRequest,
)


def associations(from_type: str, to_type: str) -> Operation[Association]:
    """Return the operation for two types of objects.

    Raises:
        ArgumentError: A type cannot be part of a path.
    """
    return evolve(ASSOCIATIONS, path=object_types(from_type, to_type))


def _merge(rows: Sequence[Association]) -> Association:
    """Return one row with the associated objects of all pages, each once with all its types."""
    found: dict[str, list[AssociatedObject]] = {}
    for each in chain.from_iterable(row.to for row in rows):
        found.setdefault(each.to_object_id, []).append(each)
    return evolve(
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
    return evolve(same[0], association_types=list(reversed(types.values())))


def _rows(record: Association) -> Iterator[Row]:
    from_id = record.from_.id
    for each in record.to:
        for kind in each.association_types:
            yield from_id, each.to_object_id, kind.type_id, str(kind.category), kind.label
        if not each.association_types:
            yield from_id, each.to_object_id, None, None, None


ASSOCIATIONS = Operation(
    endpoint=read_associations,
    max_inputs=read_associations.MAX_INPUTS,
    body=lambda inputs: AssociationRequest(
        inputs=LazyInputs(lambda id_, cursor: AssociationInput(id=id_, after=cursor), inputs)
    ),
    row=Association,
    id_path=("from", "id"),
    id_of=lambda row: row.from_.id,
    # A row for each pair of objects and type; one with nulls for a pair without types.
    table=Table(
        {
            "from_id": "string",
            "to_id": "string",
            "type_id": "int64",
            "category": "string",
            "label": "string",
        },
        _rows,
    ),
    cursor=lambda row: after(row.paging) if row.paging is not None else None,
    content=lambda row: row.to,
    merge=_merge,
    error_keys=("fromObjectId", "id"),
    nothing_found=NO_ASSOCIATIONS_FOUND,
)
