"""`TableRead`: the description of a read, which can be carried out in any process."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypedDict, Unpack, cast

from attrs import Factory, define, field

from hubspot_batch_read.client import HubSpot
from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.core.operation import Operation
from hubspot_batch_read.engines.checks import (
    check_columns,
    check_holds_no_secret,
    check_is_function,
    check_portal,
)
from hubspot_batch_read.engines.partition import PortalClient
from hubspot_batch_read.engines.portals import rows_of_portals
from hubspot_batch_read.engines.tokens import Token, TokenVariable
from hubspot_batch_read.operations import associations, associations_v3, campaigns
from hubspot_batch_read.operations.workflow_id_mappings import workflow_id_mappings_by
from hubspot_batch_read.sending.limits import RateLimit, RateLimitSetting
from hubspot_batch_read_api.errors import ArgumentError
from hubspot_batch_read_runtime.environment import with_tls_context

if TYPE_CHECKING:
    import httpx
    import pyarrow as pa

    from hubspot_batch_read.engines.outcomes import Outcomes

Limit: TypeAlias = RateLimitSetting | Callable[..., RateLimitSetting]
"""A rate limit, or a function that returns it; with a `portal_column`, that of its argument."""


class Settings(TypedDict, total=False):
    """Arguments of `HubSpot`, which documents them."""

    base_url: str
    timeout: float | httpx.Timeout | None
    max_retries: int
    max_wait: float
    max_concurrency: int
    max_response_bytes: int
    httpx_args: Mapping[str, Any] | None


class Options(TypedDict, total=False):
    """Arguments for every `TableRead`, documented as its attributes."""

    id_column: str
    portal_column: str | None
    access_token: Token
    rate_limit: Limit
    portals_at_once: int
    settings: Settings | Callable[[], Settings]


@define(frozen=True, kw_only=True, repr=False)
class TableRead:
    """The description of a read. Call it with record batches of ids to get those of the rows.

        read = TableRead.associations("contacts", "companies", id_column="contact_id")
        for rows in read(table.to_batches()):
            print(rows.num_rows)

    It can be pickled, contains no token, and does not connect until it is called, so an engine can
    send it to other processes, as `engines.spark`, `engines.ray` and `engines.dask` do. See
    `docs/scale.md`.

    The rows have the columns of `to_arrow`, and further ones that account for the ids:

    - the portal, under the name of its column, if there is a `portal_column`
    - `input_id`: the id, as text
    - the columns of the operation, null for an id without a record
    - `outcome`: `record`, a reason of `Missing`, or `unread`
    - `error_category`, `error_message`: why there is no record; or `TRUNCATED` and how to read the
      rest, for a record that HubSpot cut short

    Each id has at least one row. Repeated ids are read once per call.
    """

    id_column: str = "id"
    """The column with the ids: text or whole numbers."""
    portal_column: str | None = None
    """The column with the portal of each id: text or whole numbers. Each portal is read with its
    own access token and rate limit. If HubSpot refuses a portal, its ids are `unread`, and other
    portals are not affected. All ids of a call are in memory while it runs."""
    access_token: Token = Factory(TokenVariable)
    """Called in the process that reads to get the access token: a `TokenVariable`, a `TokenFile` or
    another function. With a `portal_column`, it is called with the portal."""
    rate_limit: Limit = "auto"
    """See `HubSpot`; or a function that is called in the process that reads and returns it. With a
    `portal_column`, the function is called with the portal, and the portal is added to the key of a
    shared limit."""
    portals_at_once: int = 8
    """Number of portals that one process reads at a time."""
    settings: Settings | Callable[[], Settings] = Factory(Settings)
    """Further arguments for `HubSpot`; or a function that is called in the process that reads and
    returns them."""
    _make: Callable[..., Operation[Any]] = field(alias="make")
    _arguments: Mapping[str, object] = field(alias="arguments")

    def __attrs_post_init__(self) -> None:
        """Check the arguments, so that mistakes are found before anything is sent anywhere."""
        check_columns(self.id_column, self.portal_column)
        check_is_function(self.access_token, self.portal_column)
        if type(self.portals_at_once) is not int or self.portals_at_once < 1:
            raise ArgumentError("portals_at_once", "expected a whole number, 1 or more")
        # Checking a shared limit may connect to it, or need an extra that is not installed here.
        is_late = callable(self.rate_limit) or isinstance(self.rate_limit, RateLimit)
        limit = None if is_late else cast("RateLimitSetting", self.rate_limit)
        settings = Settings() if callable(self.settings) else self.settings
        HubSpot("checked", rate_limit=limit, **settings).close()
        _ = self.schema

    @classmethod
    def associations(cls, from_type: str, to_type: str, **options: Unpack[Options]) -> Self:
        """Describe `HubSpot.read_associations`.

        Raises:
            ModuleNotFoundError: The extra `arrow` is not installed.
            TypeError: `access_token` is a plain token.
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
        """Describe `HubSpot.read_workflow_id_mappings` by flow ids or workflow ids."""
        return cls._of(workflow_id_mappings_by, options, kind=by)

    @classmethod
    def _of(
        cls, make: Callable[..., Operation[Any]], options: Options, **arguments: object
    ) -> Self:
        return cls(make=make, arguments=arguments, **options)

    def __repr__(self) -> str:
        """Return the read without its settings, which may contain passwords."""
        arguments = ", ".join(map(repr, self._arguments.values()))
        name = self._make.__name__
        portal = "" if self.portal_column is None else f", portal_column={self.portal_column!r}"
        return f"<TableRead: {name}({arguments}), id_column={self.id_column!r}{portal}>"

    def __reduce__(self) -> Any:
        """Pickle it, unless its settings may hold a secret."""
        if not callable(self.settings):
            check_holds_no_secret(self.settings.get("httpx_args") or {})
        return super().__reduce__()

    @property
    def schema(self) -> pa.Schema:
        """The schema of the rows."""
        own = self._operation.table.schema
        from hubspot_batch_read.engines.outcomes import schema_of  # noqa: PLC0415 - needs an extra

        return schema_of(own, self.portal_column)

    @property
    def columns(self) -> list[str]:
        """The names of the input columns: the portal, if it is named, and the id."""
        portal = [] if self.portal_column is None else [self.portal_column]
        return [*portal, self.id_column]

    def __call__(
        self, batches: Iterable[pa.RecordBatch], client: PortalClient | None = None
    ) -> Generator[pa.RecordBatch]:
        """Read the ids of record batches, and yield the rows while further requests run.

        Without a `portal_column`, ids are taken as they are needed, and requests are filled across
        the record batches. The ids of a failed request are `unread`. After three failed requests in
        a row, the remaining ids are, too.

        Args:
            batches: Record batches with the `columns`; other columns are ignored.
            client: The result of `client()`, to keep connections between calls. It is only used
                without a `portal_column`.

        Raises:
            TypeError: `batches` are not record batches.
            ArgumentError: A column is missing, or holds neither text nor whole numbers.
            Exception: An error that affects all ids, such as an `AuthenticationError`. With a
                `portal_column`, it is in the rows of the portal instead.
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
        """Read `portals_at_once` portals at a time; yield their rows in the order they arrive.

            read = TableRead.campaigns(portal_column="portal", access_token=token_of)
            for rows in read.portals([("42", ids_of_42), ("43", ids_of_43)]):
                print(rows.num_rows)

        Args:
            ids: Pairs of a portal and its ids. A pair is taken when another portal is finished;
                its ids are then iterated over in another thread.

        Raises:
            TypeError: There is no `portal_column`, or an item is not a pair of a portal and an
                iterable of ids.
            Exception: An exception of an iterable.
        """
        if self.portal_column is None:
            raise TypeError("portals() needs a portal_column, which names the portal in each row")
        if isinstance(ids, Mapping):
            raise TypeError("ids: expected pairs of a portal and its ids; pass its items()")
        # One TLS context for all, because creating one takes 20 ms.
        settings = self._settings()
        settings["httpx_args"] = with_tls_context({**(settings.get("httpx_args") or {})})

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
        return self._client(self._settings())

    def _settings(self) -> Settings:
        return {**(self.settings() if callable(self.settings) else self.settings)}

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
        """Return an `Outcomes`, with the portal if there is a column for it."""
        from hubspot_batch_read.engines.outcomes import Outcomes  # noqa: PLC0415 - needs an extra

        return Outcomes(self._operation, self.schema, portal)


def _raise(error: Exception) -> str:
    raise error
