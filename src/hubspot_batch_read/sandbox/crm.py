"""What the two associations endpoints answer: 2026-03, and v3 before it."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from functools import partial
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

from hubspot_batch_read.sandbox.answers import API, Outcome, error_item
from hubspot_batch_read.sandbox.associations import AssociationType
from hubspot_batch_read.sandbox.errors import Refused, invalid
from hubspot_batch_read.sandbox.objects import Associated, Direction, ObjectType
from hubspot_batch_read.sandbox.portal import Portal
from hubspot_batch_read.sandbox.request import Request, optional_text, texts

V3_ROWS = 100
"""The most associations that v3 gives of an object (observed)."""
IDS_PER_ITEM = 3
"""The most objects without associations that one item names. HubSpot's grouping is not known; it
can name several (observed), so that `numErrors` does not count inputs."""


def read_associations(portal: Portal, request: Request) -> Outcome:
    """Answer a page of each object's associations.

    The same input twice is answered once (what HubSpot does is not documented). An `after` that
    the object was never given, a decoded or encoded one for instance, is refused with 400, so that
    a client that changes cursors is noticed.
    """
    direction = _direction(portal, request)
    afters = [optional_text(each, "after", at) for at, each in enumerate(request.inputs)]
    wanted = dict.fromkeys(zip(texts(request, "id"), afters, strict=True))
    ids = (id_ for id_, _ in wanted)
    found, errors = _look_up(direction, ids, portal.associations)
    rows = [
        _row(portal, direction, id_, found[id_], after) for id_, after in wanted if id_ in found
    ]
    return Outcome(rows, errors)


def read_associations_v3(portal: Portal, request: Request) -> Outcome:
    """Answer at most 100 associations of each object, whatever `after` says (observed).

    To companies there is only the primary one (documentation). An object with none is answered as
    one without associations: a guess.
    """
    direction = _direction(portal, request)
    found, errors = _look_up(direction, texts(request, "id"), partial(_v3_associations, portal))
    rows = [_v3_row(portal, direction, id_, associated) for id_, associated in found.items()]
    return Outcome(rows, errors)


def _direction(portal: Portal, request: Request) -> Direction:
    source = _object_type(portal, request.path["fromObjectType"])
    return Direction(source, _object_type(portal, request.path["toObjectType"]))


def _object_type(portal: Portal, name: str) -> ObjectType:
    object_type = portal.object_type(name)
    if object_type is None:  # observed: without a category
        raise Refused(400, message=f"Unable to infer object type from: {name}")
    return object_type


def _v3_associations(portal: Portal, direction: Direction, id_: str) -> list[Associated]:
    associated = portal.associations(direction, id_)
    if direction.target.name == "company":
        return [each for each in associated if each.primary]
    return associated


def _look_up(
    direction: Direction,
    ids: Iterable[str],
    associations: Callable[[Direction, str], list[Associated]],
) -> tuple[dict[str, list[Associated]], list[dict[str, Any]]]:
    """Return what each object is associated with, and the items for those that have nothing."""
    found: dict[str, list[Associated]] = {}
    malformed: list[str] = []
    alone: list[str] = []
    for id_ in dict.fromkeys(ids):
        if not (id_.isascii() and id_.isdigit()):
            malformed.append(id_)
        elif associated := associations(direction, id_):
            found[id_] = associated
        else:
            alone.append(id_)
    groups = [alone[at : at + IDS_PER_ITEM] for at in range(0, len(alone), IDS_PER_ITEM)]
    errors = [_no_associations(direction, group) for group in groups]
    if malformed:
        errors.append(_invalid_identifiers(malformed))
    return found, errors


def _no_associations(direction: Direction, ids: list[str]) -> dict[str, Any]:
    """Return the item for objects without associations and those that do not exist (observed)."""
    source, target = direction.source.name, direction.target.name
    return error_item(
        "OBJECT_NOT_FOUND",
        "crm.associations.NO_ASSOCIATIONS_FOUND",
        f"No {target} is associated with {source} {', '.join(ids)}.",
        {"fromObjectId": ids, "fromObjectType": [source], "toObjectType": [target]},
    )


def _invalid_identifiers(ids: list[str]) -> dict[str, Any]:
    """Return the item for ids that are not numbers (observed)."""
    return error_item(
        "VALIDATION_ERROR",
        "crm.associations.INVALID_IDENTIFIER",
        f"Invalid object identifiers: {', '.join(ids)}",
        {"id": ids},
    )


def _row(
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
    row: dict[str, Any] = {
        "from": {"id": id_},
        "to": [_associated_object(each) for each in associated[start:end]],
    }
    if end < len(associated):
        row["paging"] = {"next": _next_page("2026-03", portal, direction, id_, end)}
    return row


def _associated_object(associated: Associated) -> dict[str, Any]:
    types = [_association_type(each) for each in associated.types]
    return {"toObjectId": associated.id, "associationTypes": types}  # a number (observed)


def _association_type(each: AssociationType) -> dict[str, Any]:
    return {"category": each.category, "typeId": each.type_id, "label": each.label}


def _v3_row(
    portal: Portal, direction: Direction, id_: str, associated: list[Associated]
) -> dict[str, Any]:
    rows = [
        {"id": str(each.id), "type": association_type.name}
        for each in associated
        for association_type in each.types
    ]
    row: dict[str, Any] = {"from": {"id": id_}, "to": rows[:V3_ROWS]}
    if len(rows) > V3_ROWS:
        next_page = _next_page("v3", portal, direction, id_, V3_ROWS)
        row["paging"] = {"next": next_page, "prev": None}  # null: observed
    return row


def _next_page(
    version: str, portal: Portal, direction: Direction, id_: str, start: int
) -> dict[str, str]:
    after = _cursor(portal, direction, id_, start)
    source, target = direction.source.name, direction.target.name
    link = f"{API}/crm/{version}/objects/{source}/{id_}/associations/{target}?after={after}"
    return {"after": after, "link": link}


def _cursor(portal: Portal, direction: Direction, id_: str, offset: int) -> str:
    """Return the cursor for the page of an object's associations that begins at an offset.

    It ends with percent escapes, as HubSpot's can, and only its very text is one.
    """
    place = f"{portal.seed}/{direction.source.name}/{direction.target.name}/{id_}/{offset}"
    return quote(b64encode(blake2b(place.encode(), digest_size=16).digest()), safe="")
