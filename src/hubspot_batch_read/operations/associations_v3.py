"""Associations v3: at most 100 of each object."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from hubspot_batch_read.core.operation import LazyInputs, Operation
from hubspot_batch_read.operations.common import (
    NO_ASSOCIATIONS_FOUND,
    after,
    all_additional,
    object_types,
)
from hubspot_batch_read.tables.table import Column, Table
from hubspot_batch_read_api.api.associations import read_associations_v3
from hubspot_batch_read_api.models import (
    AssociationV3,
    AssociationV3Envelope,
    AssociationV3Input,
    AssociationV3Request,
)
from hubspot_batch_read_runtime.plain import evolved


def associations_v3(from_type: str, to_type: str) -> Operation[AssociationV3]:
    """Return the operation for two types of objects.

    Raises:
        ArgumentError: A type cannot be part of a path.
    """
    return evolve(ASSOCIATIONS_V3, path=object_types(from_type, to_type))


def _merge(rows: Sequence[AssociationV3]) -> AssociationV3:
    """Return one row with the associations of all rows, each only once."""
    merged = {
        (str(each.id), each.type_): each for row in reversed(rows) for each in reversed(row.to)
    }
    return evolved(
        rows[0],
        to=list(reversed(merged.values())),
        paging=next((row.paging for row in rows if after(row.paging)), rows[0].paging),
        additional_properties=all_additional(rows),
    )


def _columns(records: Sequence[AssociationV3]) -> list[Column]:
    objects = [each for record in records for each in record.to]
    return [
        [str(record.from_.id) for record in records for _ in record.to],
        [str(each.id) for each in objects],
        [each.type_ for each in objects],
    ]


ASSOCIATIONS_V3 = Operation(
    endpoint=read_associations_v3,
    max_inputs=read_associations_v3.MAX_INPUTS,
    body=lambda inputs: AssociationV3Request(
        inputs=LazyInputs(lambda id_, _: AssociationV3Input(id=id_), inputs)
    ),
    envelope=AssociationV3Envelope,
    row=AssociationV3,
    id_path=("from", "id"),
    id_of=lambda row: str(row.from_.id),
    # A row for each pair of objects and type.
    table=Table(
        {"from_id": "string", "to_id": "string", "type": "string"},
        _columns,
        lambda records: [len(record.to) for record in records],
    ),
    content=lambda row: row.to,
    merge=_merge,
    cut=lambda row: ("to",) if after(row.paging) else (),
    remedy="read_associations reads all of them",
    error_keys=("fromObjectId", "id"),
    nothing_found=NO_ASSOCIATIONS_FOUND,
)
