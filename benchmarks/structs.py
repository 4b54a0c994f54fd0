"""The associations read as msgspec's structs: the limit of what typed decoding in Python can reach.

They do less than this SDK: unknown keys are dropped, an id keeps the type that HubSpot sent, and
errors do not give the place.
"""

from __future__ import annotations

import datetime

import msgspec


class Struct(msgspec.Struct, gc=False, rename="camel"):
    """A JSON object, which the collector does not track, because JSON has no cycles."""


class Type(Struct):
    """A type of association."""

    category: str
    type_id: int
    label: str | None = None


class To(Struct):
    """An associated object."""

    to_object_id: int | str
    association_types: list[Type]


class From(Struct):
    """The object that was read."""

    id: int | str


class NextPage(Struct):
    """The next page."""

    after: str


class Paging(Struct):
    """The pages after this one."""

    next: NextPage | None = None


class Row(Struct):
    """An object and those it is associated with."""

    from_: From = msgspec.field(name="from")
    to: list[To]
    paging: Paging | None = None


class Envelope(Struct):
    """The whole response."""

    results: list[Row]
    status: str | None = None
    started_at: datetime.datetime | None = None
    completed_at: datetime.datetime | None = None


decode = msgspec.json.Decoder(Envelope).decode
