"""`HubSpot`: the reads, sync."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, Self

from hubspot_batch_read.connection import BaseHubSpot, OnError, name_of
from hubspot_batch_read.core.chunk import Request
from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.operation import Envelope, Operation, Response, RowT
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.driving.delivery import ClosedError, OnProgress
from hubspot_batch_read.driving.driver import Driver
from hubspot_batch_read.driving.threads import PATIENCE, Loop, Wait
from hubspot_batch_read.operations import associations, associations_v3, campaigns
from hubspot_batch_read.operations.workflow_id_mappings import workflow_id_mappings
from hubspot_batch_read.read import Read
from hubspot_batch_read_api.client import parse_response
from hubspot_batch_read_api.models import (
    Association,
    AssociationV3,
    Campaign,
    WorkflowIdMapping,
)
from hubspot_batch_read_api.types import Response as SdkResponse


class HubSpot(BaseHubSpot[Loop[Any]]):
    """Reads any number of ids, in as many requests as needed.

        with HubSpot() as hubspot:  # HUBSPOT_ACCESS_TOKEN, or HubSpot(access_token)
            for contact in hubspot.read_associations("contacts", "companies", contact_ids):
                print(contact.from_.id, [company.to_object_id for company in contact.to])

    Used as a context manager, it closes its connections at the end. Threads can share it.
    """

    def read_associations(
        self,
        from_type: str,
        to_type: str,
        ids: Iterable[Id],
        *,
        unique_ids: bool = False,
        on_error: OnError = "raise",
        on_progress: OnProgress | None = None,
    ) -> Read[Association]:
        """Read the associations of objects, all pages of each (2026-03).

        Args:
            from_type: Type of the objects to read from: a name, singular or plural (`contacts`),
                an object type id (`0-1`, `2-123`) or the name of a custom object (`p_cars`).
            to_type: Type of the associated objects, in the same form.
            ids: Ids of the objects, as text, whole numbers or UUIDs. They can be any iterable, and
                are taken from it as they are needed. Duplicates are read once.
            unique_ids: Set if the ids contain no duplicates. Then the read does not have to
                remember the ids, which takes about 75 bytes for each.
            on_error: What to do when a request fails for good: "raise" the exception where the
                records would have come, or "collect" it in the read's `failures` and continue.
            on_progress: Called with the summary so far, after responses and at the end.

        Returns:
            The read, with one record per object that has associations. Nothing is sent before it is
            iterated over.

        Raises:
            TypeError: `ids` is not an iterable of ids.
            ArgumentError: A type is invalid, `on_error` is not one of the two, or `on_progress` is
                not a function.
        """
        operation = associations(from_type, to_type)
        return self._read(operation, Ids(ids, unique=unique_ids), on_error, on_progress)

    def read_associations_v3(
        self,
        from_type: str,
        to_type: str,
        ids: Iterable[Id],
        *,
        unique_ids: bool = False,
        on_error: OnError = "raise",
        on_progress: OnProgress | None = None,
    ) -> Read[AssociationV3]:
        """Read the associations of objects, at most 100 of each (v3).

        HubSpot has deprecated v3. It returns at most 100 associations of an object, and has no way
        to read the others (observed); `truncated` lists the records that it cut short.
        `read_associations` reads all associations.

        Arguments, result and exceptions are those of `read_associations`.
        """
        operation = associations_v3(from_type, to_type)
        return self._read(operation, Ids(ids, unique=unique_ids), on_error, on_progress)

    def read_campaigns(
        self,
        ids: Iterable[Id],
        *,
        properties: Iterable[str] | None = None,
        start_date: datetime.date | str | None = None,
        end_date: datetime.date | str | None = None,
        unique_ids: bool = False,
        on_error: OnError = "raise",
        on_progress: OnProgress | None = None,
    ) -> Read[Campaign]:
        """Read campaigns.

        Args:
            ids: GUIDs of the campaigns: any iterable, see `read_associations`.
            properties: Names of the properties to read; by default, none are read.
            start_date: First day of the assets' metrics, a date or YYYY-MM-DD; without both days,
                no metrics are read.
            end_date: Last day of the assets' metrics, in the same form.
            unique_ids: See `read_associations`.
            on_error: See `read_associations`.
            on_progress: See `read_associations`.

        Returns:
            The read, with one record per campaign. HubSpot lists about 50 assets of each type;
            `truncated` lists the campaigns that have more.

        Raises:
            TypeError: `ids` is not an iterable of ids.
            ArgumentError: A property or a date is invalid, or `on_error` is not one of the two.
        """
        operation = campaigns(properties=properties, start_date=start_date, end_date=end_date)
        return self._read(operation, Ids(ids, unique=unique_ids), on_error, on_progress)

    def read_workflow_id_mappings(
        self,
        *,
        flow_ids: Iterable[Id] | None = None,
        workflow_ids: Iterable[Id] | None = None,
        unique_ids: bool = False,
        on_error: OnError = "raise",
        on_progress: OnProgress | None = None,
    ) -> Read[WorkflowIdMapping]:
        """Read which flow id (automation v4) and workflow id (v3) belong together.

        Args:
            flow_ids: Flow ids to find the workflow ids of: any iterable, see `read_associations`.
            workflow_ids: Workflow ids to find the flow ids of. Pass one of the two.
            unique_ids: See `read_associations`.
            on_error: See `read_associations`.
            on_progress: See `read_associations`.

        Returns:
            The read, with one record per id.

        Raises:
            TypeError: Both or neither were passed, or a value that is not an iterable of ids.
            ArgumentError: `on_error` is not one of the two.
        """
        operation, ids = workflow_id_mappings(flow_ids, workflow_ids, unique=unique_ids)
        return self._read(operation, ids, on_error, on_progress)

    def close(self) -> None:
        """Close the connections, and end the reads in progress. Later reads open new ones.

        Loops over reads, in any thread, raise ClosedError; another loop over the same read
        continues. This waits at most a second for the requests in flight.
        """
        with (
            self._loops_lock
        ):  # so that no loop starts with connections that are about to be closed
            for loop in self._loops:
                loop.stop(ClosedError())
            until = monotonic() + PATIENCE
            for loop in self._loops:
                loop.join(until)
            self._client.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close the connections."""
        self.close()

    def _read(
        self,
        operation: Operation[RowT],
        ids: Ids,
        on_error: OnError,
        on_progress: OnProgress | None,
    ) -> Read[RowT]:
        return Read(self._driver(self._plan(operation, ids, on_error), on_progress))

    def _driver(self, plan: Plan[RowT], on_progress: OnProgress | None) -> Driver[RowT]:

        def send(request: Request[RowT], wait: Wait) -> Response[RowT]:
            http_request = self._http_request(request)

            def once() -> SdkResponse[Envelope[RowT]]:
                response = self._client.get_httpx_client().post(**http_request)
                return parse_response(response, plan.decode)

            return self._send(once, wait, name_of(request))

        return Driver(
            plan,
            send,
            max_concurrency=self._max_concurrency,
            on_progress=on_progress,
            explain=self._explain,
            register=self._register,
        )

    def _send(
        self, call: Callable[[], SdkResponse[Envelope[RowT]]], wait: Wait, name: str
    ) -> SdkResponse[Envelope[RowT]]:
        """Send a request until it succeeds; see `Sender.send`."""
        return self._sender.send(call, wait, name)
