"""`AsyncHubSpot`: the reads, async."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterable
from typing import Any, Self

from hubspot_batch_read.async_read import AsyncRead
from hubspot_batch_read.connection import BaseHubSpot, OnError, name_of
from hubspot_batch_read.core.chunk import Request
from hubspot_batch_read.core.id_texts import Id
from hubspot_batch_read.core.ids import Ids
from hubspot_batch_read.core.operation import Envelope, Operation, Response, RowT
from hubspot_batch_read.core.plan import Plan
from hubspot_batch_read.driving.async_driver import AsyncDriver
from hubspot_batch_read.driving.delivery import ClosedError, OnProgress
from hubspot_batch_read.driving.tasks import AsyncLoop
from hubspot_batch_read.operations import associations, associations_v3, campaigns
from hubspot_batch_read.operations.workflow_id_mappings import workflow_id_mappings
from hubspot_batch_read_api.client import parse_response
from hubspot_batch_read_api.models import (
    Association,
    AssociationV3,
    Campaign,
    WorkflowIdMapping,
)
from hubspot_batch_read_api.types import Response as SdkResponse


class AsyncHubSpot(BaseHubSpot[AsyncLoop[Any]]):
    """The asynchronous version of `HubSpot`, for asyncio.

        async with AsyncHubSpot() as hubspot:
            async for contact in hubspot.read_associations("contacts", "companies", contact_ids):
                print(contact.from_.id, [company.to_object_id for company in contact.to])

    A callable for the access token may be a coroutine function. Connections belong to an event
    loop: several loops can share a client, and each of them has to call `aclose` itself.
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
    ) -> AsyncRead[Association]:
        """Like `HubSpot.read_associations`."""
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
    ) -> AsyncRead[AssociationV3]:
        """Like `HubSpot.read_associations_v3`."""
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
    ) -> AsyncRead[Campaign]:
        """Like `HubSpot.read_campaigns`."""
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
    ) -> AsyncRead[WorkflowIdMapping]:
        """Like `HubSpot.read_workflow_id_mappings`."""
        operation, ids = workflow_id_mappings(flow_ids, workflow_ids, unique=unique_ids)
        return self._read(operation, ids, on_error, on_progress)

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and end the reads in progress in it.

        Later reads open new connections. Loops over reads raise ClosedError; another loop over the
        same read continues.
        """
        loops = self._loops_of_this_event_loop()
        for loop in loops:
            loop.stop(ClosedError())
        await self._client.aclose()
        for loop in loops:
            await loop.end()

    def _loops_of_this_event_loop(self) -> list[AsyncLoop[Any]]:
        with self._loops_lock:
            loops = [*self._loops]
        if not loops:
            return []
        running = asyncio.get_running_loop()
        return [loop for loop in loops if loop.event_loop is running]

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Close the connections."""
        await self.aclose()

    def _read(
        self,
        operation: Operation[RowT],
        ids: Ids,
        on_error: OnError,
        on_progress: OnProgress | None,
    ) -> AsyncRead[RowT]:
        return AsyncRead(self._driver(self._plan(operation, ids, on_error), on_progress))

    def _driver(self, plan: Plan[RowT], on_progress: OnProgress | None) -> AsyncDriver[RowT]:

        async def send(request: Request[RowT]) -> Response[RowT]:
            http_request = self._http_request(request)

            async def once() -> SdkResponse[Envelope[RowT]]:
                response = await self._client.get_async_httpx_client().post(**http_request)
                return parse_response(response, plan.decode)

            return await self._sender.asend(once, name_of(request))

        return AsyncDriver(
            plan,
            send,
            max_concurrency=self._max_concurrency,
            on_progress=on_progress,
            explain=self._explain,
            register=self._register,
        )
