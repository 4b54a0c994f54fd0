"""`TableRead`: the description of a read, which any process can carry out."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypedDict, Unpack, cast

from attrs import Factory, define, field

from hubspot_batch_read.client import HubSpot
from hubspot_batch_read.core.ids import Id
from hubspot_batch_read.core.operation import Operation
from hubspot_batch_read.engines.checks import (
    check_columns,
    check_holds_no_password,
    check_is_function,
    check_portal,
)
from hubspot_batch_read.engines.partition import PortalClient
from hubspot_batch_read.engines.portals import rows_of_portals
from hubspot_batch_read.engines.tokens import Token, TokenVariable
from hubspot_batch_read.operations import (
    WORKFLOWS_BY_FLOW_ID,
    WORKFLOWS_BY_WORKFLOW_ID,
    associations,
    associations_v3,
    campaigns,
)
from hubspot_batch_read.sending.limits import RateLimit, RateLimitSetting
from hubspot_batch_read_api.errors import ArgumentError
from hubspot_batch_read_runtime.environment import with_tls_context

if TYPE_CHECKING:
    import httpx
    import pyarrow as pa

    from hubspot_batch_read.engines.outcomes import Outcomes

Limit: TypeAlias = RateLimitSetting | Callable[..., RateLimitSetting]
"""A rate limit, or a function that returns it, or that of a portal."""


class Settings(TypedDict, total=False):
    """Arguments of `HubSpot`, which says what they mean."""

    base_url: str
    timeout: float | httpx.Timeout | None
    max_retries: int
    max_wait: float
    max_concurrency: int
    max_response_bytes: int
    httpx_args: Mapping[str, Any] | None


class Options(TypedDict, total=False):
    """What every `TableRead` can be given; its attributes say what these mean."""

    id_column: str
    portal_column: str | None
    access_token: Token
    rate_limit: Limit
    portals_at_once: int
    settings: Settings


@define(frozen=True, kw_only=True, repr=False)
class TableRead:
    """The description of a read: it makes record batches of rows from record batches of ids.

        read = TableRead.associations("contacts", "companies", id_column="contact_id")
        for rows in read(table.to_batches()):
            print(rows.num_rows)

    It can be pickled, holds no token, and connects to nothing before it is called, so an engine can
    send it to other processes: `engines.spark`, `engines.ray` and `engines.dask` do.
    `docs/scale.md` says more.

    The rows have the columns of `to_arrow`, and the account of the ids:

    - the portal, under the name of its column, if there is a `portal_column`
    - `input_id`: the id, as text
    - the columns of the operation, null for an id without a record
    - `outcome`: `record`, a reason of `Missing`, or `unread`
    - `error_category`, `error_message`: why there is no record; for a record that HubSpot cut
      short, `TRUNCATED` and how to read the rest

    Each id has at least one row. Ids that are repeated in one call are read once.
    """

    id_column: str = "id"
    """The column with the ids: text or whole numbers."""
    portal_column: str | None = None
    """The column with the portal that an id belongs to: text or whole numbers. Each portal is read
    with an access token and a rate limit of its own. One that refuses stops no other: its ids are
    `unread`. All ids of a call are in memory meanwhile."""
    access_token: Token = Factory(TokenVariable)
    """Returns the access token, in the process that reads: `TokenVariable`, `TokenFile` or another
    function. With a `portal_column`, it is called with the portal."""
    rate_limit: Limit = "auto"
    """See `HubSpot`; or a function that returns it, in the process that reads. With a
    `portal_column`, the function is called with the portal, and the key of a shared limit has the
    portal added."""
    portals_at_once: int = 8
    """How many portals are read at a time in one process."""
    settings: Settings = Factory(Settings)
    """Further arguments for `HubSpot`."""
    _make: Callable[..., Operation[Any]] = field(alias="make")
    _arguments: Mapping[str, object] = field(alias="arguments")

    def __attrs_post_init__(self) -> None:
        """Check the arguments, so that a mistake shows before anything is sent anywhere."""
        check_columns(self.id_column, self.portal_column)
        check_is_function(self.access_token, self.portal_column)
        if type(self.portals_at_once) is not int or self.portals_at_once < 1:
            raise ArgumentError("portals_at_once", "expected a whole number, 1 or more")
        # What checks a shared limit connects to it, or may need an extra that is not here.
        is_late = callable(self.rate_limit) or isinstance(self.rate_limit, RateLimit)
        limit = None if is_late else cast("RateLimitSetting", self.rate_limit)
        HubSpot("checked", rate_limit=limit, **self.settings).close()
        _ = self.schema

    @classmethod
    def associations(cls, from_type: str, to_type: str, **options: Unpack[Options]) -> Self:
        """Describe `HubSpot.read_associations`.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
            TypeError: The access token is text.
            ArgumentError: An argument is invalid.
        """
        return cls._of(associations, options, from_type=from_type, to_type=to_type)

    @classmethod
    def associations_v3(cls, from_type: str, to_type: str, **options: Unpack[Options]) -> Self:
        """Describe `HubSpot.read_associations_v3`; see `associations`."""
        return cls._of(associations_v3, options, from_type=from_type, to_type=to_type)

    @classmethod
    def campaigns(
        cls,
        *,
        properties: Iterable[str] | None = None,
        start_date: datetime.date | str | None = None,
        end_date: datetime.date | str | None = None,
        **options: Unpack[Options],
    ) -> Self:
        """Describe `HubSpot.read_campaigns`; see `associations`."""
        is_one = properties is None or isinstance(properties, str)
        names = properties if is_one else tuple(cast("Iterable[str]", properties))
        days = {"start_date": start_date, "end_date": end_date}
        return cls._of(campaigns, options, properties=names, **days)

    @classmethod
    def workflow_id_mappings(
        cls, by: Literal["flow_id", "workflow_id"], **options: Unpack[Options]
    ) -> Self:
        """Describe `HubSpot.read_workflow_id_mappings`, by the kind of the ids."""
        return cls._of(_workflow_id_mappings, options, by=by)

    @classmethod
    def _of(
        cls, make: Callable[..., Operation[Any]], options: Options, **arguments: object
    ) -> Self:
        return cls(make=make, arguments=arguments, **options)

    def __repr__(self) -> str:
        """Return what is read; settings may hold passwords."""
        arguments = ", ".join(map(repr, self._arguments.values()))
        name = self._make.__name__.removeprefix("_")
        portal = "" if self.portal_column is None else f", portal_column={self.portal_column!r}"
        return f"<TableRead: {name}({arguments}), id_column={self.id_column!r}{portal}>"

    def __reduce__(self) -> Any:
        """Pickle it, unless its proxy has a password."""
        check_holds_no_password(self.settings.get("httpx_args"))
        return super().__reduce__()

    @property
    def schema(self) -> pa.Schema:
        """The schema of the rows."""
        own = self._operation.table.schema
        from hubspot_batch_read.engines.outcomes import schema_of  # noqa: PLC0415 - needs an extra

        return schema_of(own, self.portal_column)

    @property
    def columns(self) -> list[str]:
        """The names of the columns it needs: the portal, if there is one, and the id."""
        portal = [] if self.portal_column is None else [self.portal_column]
        return [*portal, self.id_column]

    def __call__(
        self, batches: Iterable[pa.RecordBatch], client: PortalClient | None = None
    ) -> Generator[pa.RecordBatch]:
        """Read the ids of record batches, and yield the rows while further requests run.

        Without a `portal_column`, the ids are taken as they are needed, and requests are full
        across the record batches. Ids that HubSpot could not be asked for are `unread`, and after
        three such requests in a row the rest is, too.

        Args:
            batches: Have the `columns`; others are left out.
            client: What `client` returns, to keep connections between calls; without a
                `portal_column` only.

        Raises:
            TypeError: `batches` are not record batches.
            ArgumentError: A column is not there, or holds neither text nor whole numbers.
            Exception: What would be the same for all ids, such as an `AuthenticationError`; with a
                `portal_column`, it is the reason in the rows of the portal instead.
        """
        from hubspot_batch_read.engines import inputs  # noqa: PLC0415 - needs an extra

        if self.portal_column is None:
            ids_of_all = inputs.ids_of(batches, self.id_column)
            with nullcontext(client) if client else self.client() as reader:
                yield from reader.rows(self._operation, ids_of_all, self._outcomes(), raises=True)
            return
        ids = inputs.by_portal(batches, self.portal_column, self.id_column)
        homeless = (id_ if id_ is None else str(id_) for id_ in ids.pop(None, ()))
        yield from self._outcomes(None).invalid(homeless, "it has no portal")
        yield from self.portals((str(portal), each) for portal, each in ids.items())

    def portals(self, ids: Iterable[tuple[str, Iterable[Id | None]]]) -> Generator[pa.RecordBatch]:
        """Read the ids of portals, `portals_at_once` at a time; yield their rows, mixed.

            read = TableRead.campaigns(portal_column="portal", access_token=token_of)
            for rows in read.portals([("42", ids_of_42), ("43", ids_of_43)]):
                print(rows.num_rows)

        Args:
            ids: Portals, each with its ids. A portal is taken when there is room for it; its ids
                are then gone through in another thread.

        Raises:
            TypeError: There is no `portal_column` to name the portals in, or something is not a
                portal with an iterable of ids.
            Exception: What an iterable raises.
        """
        if self.portal_column is None:
            raise TypeError("give TableRead a portal_column, which names the portal in each row")
        if isinstance(ids, Mapping):
            raise TypeError("ids: expected pairs of a portal and its ids; pass its items()")
        # One TLS context for all: to make one takes 20 ms.
        httpx_args = with_tls_context({**(self.settings.get("httpx_args") or {})})
        settings: Settings = {**self.settings, "httpx_args": httpx_args}

        def read(
            pair: tuple[str, Iterable[Id | None]],
        ) -> tuple[PortalClient, Iterator[pa.RecordBatch]]:
            portal, ids = pair
            check_portal(portal, ids)
            client = self._client(settings, portal)
            return client, client.rows(self._operation, ids, self._outcomes(portal), raises=False)

        return rows_of_portals(ids, read, at_once=self.portals_at_once)

    def client(self) -> PortalClient:
        """Return a client that can be passed to several calls, to keep its connections."""
        return self._client(self.settings)

    def _client(self, settings: Settings, *portal: str) -> PortalClient:
        limit, token = self.rate_limit, partial(self.access_token, *portal)
        if callable(limit):
            try:
                limit = limit(*portal)
            except Exception as error:
                if not portal:
                    raise
                limit, token = None, partial(_raise, error)  # so that it stops no other portal
        elif portal and isinstance(limit, RateLimit):
            limit = replace(limit, key=" ".join((limit.key, *portal)))
        return PortalClient(token, rate_limit=limit, **settings)

    @property
    def _operation(self) -> Operation[Any]:
        return self._make(**self._arguments)

    def _outcomes(self, *portal: str | None) -> Outcomes[Any]:
        """Return what makes the rows, with a portal if there is a column for it."""
        from hubspot_batch_read.engines.outcomes import Outcomes  # noqa: PLC0415 - needs an extra

        return Outcomes(self._operation, self.schema, portal)


def _raise(error: Exception) -> str:
    raise error


def _workflow_id_mappings(by: str) -> Operation[Any]:
    operations = {"flow_id": WORKFLOWS_BY_FLOW_ID, "workflow_id": WORKFLOWS_BY_WORKFLOW_ID}
    if by not in operations:
        raise ArgumentError("by", f"expected 'flow_id' or 'workflow_id', got {by!r}")
    return operations[by]
