"""The description of an operation for the plan. `operations/` has an instance for each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import compress, starmap
from operator import itemgetter, not_
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from attrs import Factory, define

from hubspot_batch_read.core.id_texts import Key
from hubspot_batch_read.core.results import Truncation
from hubspot_batch_read_api.models import BatchError
from hubspot_batch_read_api.types import Model
from hubspot_batch_read_runtime import plain

if TYPE_CHECKING:
    from hubspot_batch_read.tables.table import Table

RowT = TypeVar("RowT", bound=Model)
InputT = TypeVar("InputT", bound=Model)

Inputs = Mapping[str, str | None]
"""The ids of a request, each with the cursor of the page to read, or None for the first page."""


class Envelope(Protocol[RowT]):
    """The attributes that the envelopes of all operations have."""

    results: list[RowT]
    errors: list[BatchError] | None

    @property
    def additional_properties(self) -> Mapping[str, object]:
        """Unknown keys, and the `errors` if they are not a list of objects."""
        ...

    @classmethod
    def from_json(cls, content: bytes | str) -> Self:
        """Decode a response."""
        ...


class Response(Protocol[RowT]):
    """A response with its envelope."""

    @property
    def parsed(self) -> Envelope[RowT]:
        """The envelope."""
        ...


class Endpoint(Protocol):
    """The generated module of an operation."""

    @property
    def request(self) -> Callable[..., dict[str, Any]]:
        """Returns a request as arguments for httpx."""
        ...


@define(frozen=True)
class LazyInputs(Collection[InputT]):
    """The inputs of a request, each created when it is needed, and not kept.

    Keeping a thousand of them would trigger the garbage collector.
    """

    make: Callable[[str, str | None], InputT]
    """Returns the input for an id and a cursor."""
    inputs: Inputs

    def __iter__(self) -> Iterator[InputT]:
        """Yield one input at a time."""
        return starmap(self.make, self.inputs.items())

    def __len__(self) -> int:
        """Return the number of inputs."""
        return len(self.inputs)

    def __contains__(self, item: object) -> bool:
        """Return whether an input is equal to this one."""
        return any(item == each for each in self)


@define(frozen=True, kw_only=True)
class Operation(Generic[RowT]):
    """The differences between operations, and the arguments that all requests of a read share."""

    endpoint: Endpoint
    """The generated module of the endpoint."""
    max_inputs: int
    """Maximum number of inputs in a request; the spec's `maxItems`."""
    body: Callable[[Inputs], Model]
    """Returns the body of a request."""
    envelope: type[Envelope[RowT]]
    """The model of a response."""
    row: type[RowT]
    """The model of a row."""
    id_path: tuple[str, ...]
    """The path of JSON keys to the id in a row that was sent for it."""
    id_of: Callable[[RowT], str | None]
    """Returns this id, or None if the row has none."""
    table: Table[RowT]
    """The table for the records."""
    path: tuple[str, ...] = ()
    """The arguments for the path, the same for all requests of a read."""
    query: Mapping[str, object] = Factory(dict)
    """The arguments for the query."""
    cursor: Callable[[RowT], str | None] = lambda _: None
    """Returns the cursor of the row's next page, or None on the last page."""
    content: Callable[[RowT], object] = lambda _: None
    """Returns the content of a row, to distinguish a new page from the previous one."""
    merge: Callable[[Sequence[RowT]], RowT] = itemgetter(0)
    """Joins several rows with the same id, its pages or duplicates, into one record."""
    cut: Callable[[RowT], tuple[str, ...]] | None = None
    """Returns the fields of a record that HubSpot cut short; None if it never does that."""
    remedy: str = ""
    """How to read the rest."""
    error_keys: tuple[str, ...] = ("id",)
    """Keys in the context of an error that contain ids."""
    error_texts: bool = False
    """Whether errors may name ids only in their text."""
    nothing_found: str | None = None
    """Sub-category of the errors for ids that simply have no associations."""

    def merged(self, rows: Sequence[RowT]) -> RowT:
        """Join several rows with the same id, plain or not, into one record."""
        return self.merge(plain.alike(self.row, rows))

    def with_content(
        self, keys: Sequence[Key], records: Sequence[RowT]
    ) -> tuple[list[Key], list[RowT], list[Key]]:
        """Return the ids and records with content, and the ids of the other records."""
        contents = map(self.content, records)
        has_content = [content is None or bool(content) for content in contents]
        with_ids, with_records = compress(keys, has_content), compress(records, has_content)
        return [*with_ids], [*with_records], [*compress(keys, map(not_, has_content))]

    def truncations(self, keys: Iterable[Key], records: Iterable[RowT]) -> Iterator[Truncation]:
        """Yield those records that HubSpot cut short, with their ids."""
        if self.cut is None:
            return
        for key, record in zip(keys, records, strict=True):
            if fields := self.cut(record):
                yield Truncation(str(key), fields, self.remedy)

    def lines(self, records: Iterable[RowT]) -> bytes:
        """Return a line of JSON for each record, plain or not; see `docs/tables.md`."""
        return plain.lines(self.row, records)
