"""The two associations endpoints: 2026-03, and its predecessor v3."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

from hubspot_batch_read.sandbox.answers.batch import Batch, optional_text, texts
from hubspot_batch_read.sandbox.answers.endpoint import API, Endpoint, Outcome, error_item
from hubspot_batch_read.sandbox.answers.refused import Refused, invalid
from hubspot_batch_read.sandbox.data.association_types import AssociationType
from hubspot_batch_read.sandbox.data.associations import Associated, Direction, ObjectType
from hubspot_batch_read.sandbox.data.portal import Portal

V3_MAX = 100
"""Maximum number of associations of an object that v3 returns (observed)."""
IDS_PER_ITEM = 3
"""Maximum number of objects without associations that one error names. HubSpot's grouping is not
known; an error can name several (observed), so `numErrors` is not the number of inputs."""


def read_associations(portal: Portal, batch: Batch) -> Outcome:
    """Return a page of each object's associations.

    A repeated input has one result (HubSpot's behaviour is not documented). An `after` that was
    never sent for the object, for example because the client decoded it, is refused with 400, so
    that clients that change cursors are noticed.
    """
    direction = _direction(portal, batch)
    afters = [optional_text(each, "after", at) for at, each in enumerate(batch.inputs)]
    wanted = dict.fromkeys(zip(texts(batch, "id"), afters, strict=True))
    ids = (id_ for id_, _ in wanted)
    found, errors = _look_up(portal, direction, ids)
    results = [
        _result(portal, direction, id_, found[id_], after) for id_, after in wanted if id_ in found
    ]
    return Outcome(results, errors)


def read_associations_v3(portal: Portal, batch: Batch) -> Outcome:
    """Return at most 100 associations of each object, and ignore `after` (observed).

    Of an object's companies, only the primary one is returned (documentation). Without a primary
    company, an object counts as one without associations: a guess.
    """
    direction = _direction(portal, batch)
    only_primary = direction.target.name == "company"
    found, errors = _look_up(portal, direction, texts(batch, "id"), only_primary=only_primary)
    results = [_v3_result(portal, direction, id_, associated) for id_, associated in found.items()]
    return Outcome(results, errors)


def _direction(portal: Portal, batch: Batch) -> Direction:
    source = _object_type(portal, batch.path["fromObjectType"])
    return Direction(source, _object_type(portal, batch.path["toObjectType"]))


def _object_type(portal: Portal, name: str) -> ObjectType:
    object_type = portal.associations.object_type(name)
    if object_type is None:  # observed: without a category
        raise Refused(400, message=f"Unable to infer object type from: {name}")
    return object_type


def _look_up(
    portal: Portal, direction: Direction, ids: Iterable[str], *, only_primary: bool = False
) -> tuple[dict[str, list[Associated]], list[dict[str, Any]]]:
    """Return the associations of each object, and the errors for objects without any."""
    found: dict[str, list[Associated]] = {}
    malformed: list[str] = []
    alone: list[str] = []
    for id_ in dict.fromkeys(ids):
        associated = portal.associations.of(direction, id_)
        if only_primary:
            associated = [each for each in associated if each.primary]
        if associated:
            found[id_] = associated
        elif id_.isascii() and id_.isdigit():
            alone.append(id_)
        else:
            malformed.append(id_)
    groups = [alone[at : at + IDS_PER_ITEM] for at in range(0, len(alone), IDS_PER_ITEM)]
    errors = [_no_associations(direction, group) for group in groups]
    if malformed:
        errors.append(_invalid_identifiers(malformed))
    return found, errors


def _no_associations(direction: Direction, ids: list[str]) -> dict[str, Any]:
    """Return the error for objects that have no associations or do not exist (observed)."""
    source, target = direction.source.name, direction.target.name
    return error_item(
        "OBJECT_NOT_FOUND",
        "crm.associations.NO_ASSOCIATIONS_FOUND",
        f"No {target} is associated with {source} {', '.join(ids)}.",
        {"fromObjectId": ids, "fromObjectType": [source], "toObjectType": [target]},
    )


def _invalid_identifiers(ids: list[str]) -> dict[str, Any]:
    """Return the error for ids that are not numbers (observed)."""
    return error_item(
        "VALIDATION_ERROR",
        "crm.associations.INVALID_IDENTIFIER",
        f"Invalid object identifiers: {', '.join(ids)}",
        {"id": ids},
    )


def _result(
    portal: Portal,
    direction: Direction,
    id_: str,
    associated: list[Associated],
    after: str | None,
) -> dict[str, Any]:
    starts = range(portal.page_size, len(associated), portal.page_size)
    cursors = {_cursor(portal, direction, id_, start): start for start in starts}
    if after is not None and after not in cursors:
        raise invalid(f"Invalid paging cursor for object {id_}: {after}", at="after")
    start = 0 if after is None else cursors[after]
    end = start + portal.page_size
    result: dict[str, Any] = {
        "from": {"id": id_},
        "to": [_associated_object(each) for each in associated[start:end]],
    }
    if end < len(associated):
        result["paging"] = {"next": _next_page("2026-03", portal, direction, id_, end)}
    return result


def _associated_object(associated: Associated) -> dict[str, Any]:
    types = [_association_type(each) for each in associated.types]
    return {"toObjectId": associated.id, "associationTypes": types}  # a number (observed)


def _association_type(each: AssociationType) -> dict[str, Any]:
    return {"category": each.category, "typeId": each.type_id, "label": each.label}


def _v3_result(
    portal: Portal, direction: Direction, id_: str, associated: list[Associated]
) -> dict[str, Any]:
    to = [
        {"id": str(each.id), "type": association_type.name}
        for each in associated
        for association_type in each.types
    ]
    result: dict[str, Any] = {"from": {"id": id_}, "to": to[:V3_MAX]}
    if len(to) > V3_MAX:
        next_page = _next_page("v3", portal, direction, id_, V3_MAX)
        result["paging"] = {"next": next_page, "prev": None}  # null: observed
    return result


def _next_page(
    version: str, portal: Portal, direction: Direction, id_: str, start: int
) -> dict[str, str]:
    after = _cursor(portal, direction, id_, start)
    source, target = direction.source.name, direction.target.name
    link = f"{API}/crm/{version}/objects/{source}/{id_}/associations/{target}?after={after}"
    return {"after": after, "link": link}


def _cursor(portal: Portal, direction: Direction, id_: str, offset: int) -> str:
    """Return the cursor for the page of an object's associations that starts at an offset.

    It ends with percent escapes, as HubSpot's can, and is only valid unchanged.
    """
    place = f"{portal.seed}/{direction.source.name}/{direction.target.name}/{id_}/{offset}"
    return quote(b64encode(blake2b(place.encode(), digest_size=16).digest()), safe="")


# Many scopes give access to associations (documentation); the sandbox names two of them.
_SCOPES = ("crm.objects.companies.read", "crm.objects.contacts.read")

ENDPOINTS = (
    Endpoint(
        operation_id="readAssociations",
        path="/crm/associations/2026-03/{fromObjectType}/{toObjectType}/batch/read",
        max_inputs=1000,
        scopes=_SCOPES,
        read=read_associations,
    ),
    Endpoint(
        operation_id="readAssociationsV3",
        path="/crm/v3/associations/{fromObjectType}/{toObjectType}/batch/read",
        max_inputs=1000,
        scopes=_SCOPES,
        read=read_associations_v3,
    ),
)
