"""What an operation is: all that the plan has to know of it. `operations/` has one for each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import starmap
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from attrs import Factory, define

from hubspot_batch_read_api.models import BatchError
from hubspot_batch_read_api.types import Model
from hubspot_batch_read_runtime import plain

if TYPE_CHECKING:
    from hubspot_batch_read.tables.table import Table

RowT = TypeVar("RowT", bound=Model)
InputT = TypeVar("InputT", bound=Model)

Inputs = Mapping[str, str | None]
"""The ids of a request, each with the cursor of the page to read, None for the first."""


class Envelope(Protocol[RowT]):
    """What the envelopes of all operations have."""

    results: list[RowT]
    errors: list[BatchError] | None

    @property
    def additional_properties(self) -> Mapping[str, object]:
        """Among others, the `errors` if they are not a list of objects."""
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
        """Makes a request, as arguments of httpx."""
        ...


@define(frozen=True)
class LazyInputs(Collection[InputT]):
    """The inputs of a request, each made when it is needed, and not kept.

    A thousand that are kept would make the garbage collector run.
    """

    make: Callable[[str, str | None], InputT]
    """Makes an input of an id and a cursor."""
    inputs: Inputs

    def __iter__(self) -> Iterator[InputT]:
        """Make one after the other."""
        return starmap(self.make, self.inputs.items())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.inputs)

    def __contains__(self, item: object) -> bool:
        """Return whether one of them is equal."""
        return any(item == each for each in self)


@define(frozen=True, kw_only=True)
class Operation(Generic[RowT]):
    """What differs between the operations, and the arguments that all requests of a read share."""

    endpoint: Endpoint
    """The generated module that makes a request."""
    max_inputs: int
    """Inputs per request; the spec's `maxItems`."""
    body: Callable[[Inputs], Model]
    """Makes the body of a request."""
    envelope: type[Envelope[RowT]]
    """The model of a response."""
    row: type[RowT]
    """The model of a row."""
    id_path: tuple[str, ...]
    """Where a row has the id it was asked by, as keys of the JSON object."""
    id_of: Callable[[RowT], str | None]
    """Returns this id; None if the row has none."""
    table: Table[RowT]
    """The table that the records make."""
    path: tuple[str, ...] = ()
    """The arguments for the path, the same for all requests of a read."""
    query: Mapping[str, object] = Factory(dict)
    """The arguments for the query."""
    cursor: Callable[[RowT], str | None] = lambda _: None
    """Returns the cursor of the row's next page; None on the last page."""
    content: Callable[[RowT], object] = lambda _: None
    """Returns what the row brings, to tell a new page from the one before."""
    merge: Callable[[Sequence[RowT]], RowT] = itemgetter(0)
    """Makes one record of several rows with the same id: its pages, or duplicates."""
    cut: Callable[[RowT], tuple[str, ...]] | None = None
    """Returns what of a record HubSpot cut short; None if it never does."""
    remedy: str = ""
    """How to read what was cut."""
    error_keys: tuple[str, ...] = ("id",)
    """Keys of an error's context that hold the ids it is about."""
    error_texts: bool = False
    """Whether errors may name ids in their text alone."""
    nothing_found: str | None = None
    """Sub-category of the errors that say no more than that an id has no associations."""

    def merged(self, rows: Sequence[RowT]) -> RowT:
        """Make one record of several rows with the same id, plain or not."""
        return self.merge(plain.alike(self.row, rows))

    def lines(self, records: Iterable[RowT]) -> bytes:
        """Return a line of JSON for each record, plain or not; see `docs/tables.md`."""
        return plain.lines(self.row, records)
